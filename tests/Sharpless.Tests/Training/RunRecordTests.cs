using System.Runtime.InteropServices;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Tests.Training;

public sealed class RunRecordTests : IDisposable
{
    private const string Config = """
        {"format":1,"sharpless":"0.1.0","command":"train","options":{"dataset":"fashion_mnist","sam-rho":0.1,"seed":3,"no-data-augm":false,"taps":["block1","block4"]},
         "environment":{"device":"cpu","threads":2},"model":{"parameters":1234,"taps":["block1","block4"]},"data":{"name":"fashion_mnist","shape":[1,28,28]}}
        """;
    private const string Metrics = """
        epoch,iteration,train_loss,test_error,knn_error.block4,feature_rank.block4
        0,1,2.3,0.9,0.8,17
        0.5,50,NaN,0.4,,
        1,100,0.25,,0.3,12
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("sharpless-run-").FullName;

    public RunRecordTests()
    {
        Put("config.json", Config);
        Put("metrics.csv", Metrics);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Configuration_is_read_as_text_in_the_order_of_the_file()
    {
        RunRecord run = RunRecord.Load(_folder);
        Assert.Equal(["dataset", "sam-rho", "seed", "no-data-augm", "taps"], run.Configuration.Options.Keys);
        Assert.Equal("block1,block4", run.Configuration.Options["taps"]);
        Assert.Equal("1,28,28", run.Configuration.Data["shape"]);
        Assert.Equal(["block1", "block4"], run.Configuration.Taps);
        Assert.Equal((0.1, 3, 1234L), (run.Rho, run.Seed, run.Configuration.Parameters));
    }

    [Fact]
    public void Empty_cells_were_not_measured_and_not_finite_cells_were()
    {
        IReadOnlyList<EvaluationRecord> rows = RunRecord.Load(_folder).Evaluations;
        Assert.Equal([0, 0.5, 1], rows.Select(row => row.Epoch));
        Assert.Equal([1, 50, 100], rows.Select(row => row.Iteration));
        Assert.Null(rows[1]["knn_error.block4"]);
        Assert.Equal(double.NaN, rows[1]["train_loss"]);
        Assert.Null(rows[0]["no_such_column"]);
    }

    [Fact]
    public void An_unfinished_run_answers_with_the_last_evaluation_that_measured()
    {
        RunRecord run = RunRecord.Load(_folder);
        Assert.False(run.IsFinished);
        Assert.Equal(0.25, run.Latest("train_loss"));
        Assert.Equal(0.4, run.Latest("test_error"));
        Assert.Null(run.Latest("knn_error.block1"));
    }

    [Fact]
    public void A_finished_run_answers_with_its_result()
    {
        Put("result.json", """{"run":"r","epochs":1,"final":{"train_loss":0.2,"test_error":null,"knn_error":{"block4":0.28}},"seconds":12.5,"steps_per_second":8}""");
        RunRecord run = RunRecord.Load(_folder);
        Assert.True(run.IsFinished);
        Assert.Equal(0.2, run.Latest("train_loss"));
        Assert.Equal(0.28, run.Latest("knn_error.block4"));
        Assert.Equal(12, run.Latest("feature_rank.block4"));
        Assert.Equal((12.5, 8.0), (run.Result!.Seconds, run.Result.StepsPerSecond));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("metrics.csv")]
    public void A_missing_file_is_named(string file)
    {
        File.Delete(Path.Combine(_folder, file));
        var error = Assert.Throws<UsageException>(() => RunRecord.Load(_folder));
        Assert.Contains($"holds no {file}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_folder_is_named() =>
        Assert.Contains("nowhere", Assert.Throws<UsageException>(() => RunRecord.Load(Path.Combine(_folder, "nowhere"))).Message, StringComparison.Ordinal);

    [Fact]
    public void The_spectra_of_the_last_evaluation_are_read()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "spectra"));
        NpzFile.Write(Path.Combine(_folder, "spectra", "iteration-00000009.npz"), [Spectrum([9, 1])]);
        NpzFile.Write(Path.Combine(_folder, "spectra", "iteration-00000100.npz"), [Spectrum([3, 2, 0.5])]);
        RecordedSpectra spectra = RunRecord.Load(_folder).Spectra!;
        Assert.Equal("spectra/iteration-00000100.npz", spectra.File);
        Assert.Equal([3, 2, 0.5], spectra.SingularValues["block4"]);
    }

    [Fact]
    public void Spectra_of_another_shape_or_another_format_are_refused()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "spectra"));
        string file = Path.Combine(_folder, "spectra", "iteration-00000001.npz");
        NpzFile.Write(file, [new ArrayEntry("block4", ScalarType.Float64, [1, 2], new byte[16])]);
        Assert.Contains("\"block4\" has shape [1, 2]", Assert.Throws<InvalidDataException>(() => RunRecord.Load(_folder)).Message, StringComparison.Ordinal);
        File.WriteAllText(file, "no npz");
        Assert.Contains("iteration-00000001.npz", Assert.Throws<InvalidDataException>(() => RunRecord.Load(_folder)).Message, StringComparison.Ordinal);
    }

    private static ArrayEntry Spectrum(double[] values) => new("block4", ScalarType.Float64, [values.Length], MemoryMarshal.AsBytes<double>(values).ToArray());

    [Theory]
    [InlineData("epoch,iteration,loss\n0,1,2.5\n1,2\n", "line 3")]
    [InlineData("epoch,iteration,loss\n0,1,two\n", "line 2: \"two\" in column loss is no number")]
    [InlineData("epoch,iteration,loss\n0,1,\"2.5\n", "line 2")]
    [InlineData("epoch,loss\n0,1\n", "no column \"iteration\"")]
    [InlineData("epoch,iteration,loss,loss\n0,1,2,3\n", "column \"loss\" appears 2 times")]
    [InlineData("epoch,iteration,loss\nNaN,1,2\n", "line 2: column epoch must hold a number of 0 or more")]
    [InlineData("", "no column \"epoch\"")]
    public void Malformed_metrics_are_refused_with_file_and_place(string csv, string expected)
    {
        Put("metrics.csv", csv);
        string message = Assert.Throws<InvalidDataException>(() => RunRecord.Load(_folder)).Message;
        Assert.Contains("metrics.csv", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json", "{", "line 1: not valid JSON")]
    [InlineData("config.json", "[]", "expected an object")]
    [InlineData("config.json", """{"format":2}""", "\"format\" must be 1")]
    [InlineData("config.json", """{"format":1,"options":[]}""", "\"options\" must be an object")]
    [InlineData("config.json", """{"format":1,"model":{"taps":"block1"}}""", "\"model.taps\" must be a list of names")]
    [InlineData("result.json", """{"epochs":3}""", "no object \"final\"")]
    [InlineData("result.json", """{"final":{"test_error":"low"}}""", "\"test_error\" must be a number")]
    public void Malformed_json_is_refused_with_file_and_member(string file, string json, string expected)
    {
        Put(file, json);
        string message = Assert.Throws<InvalidDataException>(() => RunRecord.Load(_folder)).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    private void Put(string file, string text) => File.WriteAllText(Path.Combine(_folder, file), text);
}
