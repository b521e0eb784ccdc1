using System.Text.Json;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Commands;

public sealed class AnalysisOfRunTests(TinyRun run) : IClassFixture<TinyRun>
{
    private static readonly string[] Taps = ["block1", "block2"];

    [Fact]
    public void Rank_of_a_run_is_that_of_its_last_evaluation()
    {
        EvaluationRecord last = RunRecord.Load(run.Folder).Evaluations[^1];
        Assert.True(last.Iteration > 0);
        List<JsonElement> taps = Done("rank", "--run", run.Folder);
        Assert.Equal(Taps, taps.Select(Name));
        foreach (JsonElement tap in taps)
        {
            Assert.Equal(TinyRun.TrainExamples, tap.GetProperty("examples").GetInt32());
            Assert.Equal(last[$"feature_rank.{Name(tap)}"], Rank(tap));
        }
    }

    [Fact]
    public void Knn_of_a_run_is_that_of_its_last_evaluation()
    {
        EvaluationRecord last = RunRecord.Load(run.Folder).Evaluations[^1];
        List<JsonElement> taps = Done("knn", "--run", run.Folder);
        Assert.Equal(Taps, taps.Select(Name));
        foreach (JsonElement tap in taps)
        {
            Assert.Equal(last[$"knn_error.{Name(tap)}"], tap.GetProperty("knn_error").GetDouble());
            Assert.Equal(last[$"centroid_error.{Name(tap)}"], tap.GetProperty("centroid_error").GetDouble());
            Assert.Equal(10, tap.GetProperty("k").GetInt32());
        }
    }

    [Fact]
    public void Knn_names_the_data_set_and_takes_another_one()
    {
        string other = run.NewPath("other.npz");
        var random = new Random(2);
        NpzFile.Write(other, [.. Set("train", 30), .. Set("test", 12)]);
        (int code, string output, string errors) = TinyRun.Invoke("knn", "--run", run.Folder, "--knn-dataset", "npz:" + other, "--taps", "block1", "--threads", "1", "--json");
        Assert.True(code == 0, errors);
        JsonElement document = JsonDocument.Parse(output).RootElement, tap = Assert.Single(document.GetProperty("taps").EnumerateArray());
        Assert.Equal("npz:" + other, document.GetProperty("knn_dataset").GetString());
        Assert.Equal((30, 12), (tap.GetProperty("train_examples").GetInt32(), tap.GetProperty("test_examples").GetInt32()));

        (_, output, _) = TinyRun.Invoke("knn", "--run", run.Folder, "--json");
        string own = JsonDocument.Parse(output).RootElement.GetProperty("knn_dataset").GetString()!;
        Assert.StartsWith("npz:", own, StringComparison.Ordinal);
        Assert.Equal(own, RunRecord.Load(run.Folder).Configuration.Data["knn_dataset"]);
        Refused("--knn-dataset has no effect without --run", "Leave it out", "knn", "--train-features", other, "--train-labels", other, "--test-features", other, "--test-labels", other, "--knn-dataset", "same");

        IEnumerable<ArrayEntry> Set(string part, int examples)
        {
            // Another size and other classes than those of the run.
            var pixels = new byte[examples * 10 * 10];
            random.NextBytes(pixels);
            yield return new ArrayEntry($"x_{part}", ScalarType.Byte, [examples, 1, 10, 10], pixels);
            yield return new ArrayEntry($"y_{part}", [examples], Enumerable.Range(0, examples).Select(i => i % 7L).ToArray());
        }
    }

    [Fact]
    public void Features_that_are_written_have_the_rank_that_is_printed()
    {
        string file = run.NewPath("features.npz");
        List<JsonElement> ofRun = Done("rank", "--run", run.Folder, "--features-out", file);
        using (ArrayFile arrays = ArrayFile.Open(file))
        {
            Assert.Equal(Taps, arrays.Select(array => array.Name));
            Assert.All(arrays, array => Assert.Equal(ScalarType.Float32, array.Type));
            // Width 16 on 8x8 images: 16 channels of 4x4, then 32 of 2x2.
            Assert.Equal([TinyRun.TrainExamples, 256], arrays["block1"].Shape);
            Assert.Equal([TinyRun.TrainExamples, 128], arrays["block2"].Shape);
        }

        List<JsonElement> ofFile = Done("rank", "--features", file);
        Assert.Equal(ofRun.Select(tap => tap.ToString()), ofFile.Select(tap => tap.ToString()));
    }

    [Fact]
    public void Taps_and_examples_can_be_chosen()
    {
        JsonElement tap = Assert.Single(Done("rank", "--run", run.Folder, "--taps", "block2", "--examples", "7"));
        Assert.Equal("block2", Name(tap));
        Assert.Equal(7, tap.GetProperty("examples").GetInt32());
        Assert.Equal("block1", Name(Assert.Single(Done("knn", "--run", run.Folder, "--taps", "block1", "--k", "3"))));
    }

    [Fact]
    public void Active_units_density_and_gradients_come_when_asked_for()
    {
        Assert.All(Done("rank", "--run", run.Folder), tap => Assert.False(tap.TryGetProperty("active_units", out _) || tap.TryGetProperty("density", out _)));
        (int code, string output, string errors) = TinyRun.Invoke(
            "rank", "--run", run.Folder, "--active-units", "--density", "--gradient-matrix", "--gradient-examples", "20", "--gradient-coordinates", "300", "--threads", "1", "--json");
        Assert.True(code == 0, errors);
        JsonElement document = JsonDocument.Parse(output).RootElement;
        foreach (JsonElement tap in document.GetProperty("taps").EnumerateArray())
        {
            JsonElement units = tap.GetProperty("active_units"), density = tap.GetProperty("density");
            int[] counts = [.. units.GetProperty("units").EnumerateObject().Select(count => count.Value.GetInt32())];
            Assert.Equal(["0", "0.01", "0.05", "0.1"], units.GetProperty("units").EnumerateObject().Select(count => count.Name));
            Assert.Equal(counts.OrderDescending(), counts);
            Assert.InRange(counts[0], 1, tap.GetProperty("dimensions").GetInt32());
            Assert.InRange(units.GetProperty("density").GetDouble(), 0.01, density.GetProperty("density").GetDouble());
            Assert.True(units.GetProperty("threshold").GetDouble() > 0);
            Assert.Equal(tap.GetProperty("dimensions").GetInt32(), density.GetProperty("sampled_units").GetInt32());
        }

        JsonElement gradients = document.GetProperty("gradient_matrix");
        Assert.Equal((20, 300), (gradients.GetProperty("examples").GetInt32(), gradients.GetProperty("coordinates").GetInt32()));
        Assert.InRange(gradients.GetProperty("rank").GetProperty("0.99").GetInt32(), 2, 20);
        Assert.Equal(20, gradients.GetProperty("singular_values").GetArrayLength());
        Assert.True(gradients.GetProperty("frobenius").GetDouble() > 0);
    }

    [Fact]
    public void Tables_show_what_was_asked_for()
    {
        (int code, string output, string errors) = TinyRun.Invoke("rank", "--run", run.Folder, "--active-units", "--density", "--gradient-matrix", "--gradient-examples", "5", "--threads", "1");
        Assert.True(code == 0, errors);
        foreach (string text in new[] { "active: above 5 %", "density: share of activations above 0", "gradients of 5 examples in 1000 weights: rank" })
            Assert.Contains(text, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradients_of_feature_files_are_refused()
    {
        string file = run.NewPath("features.npz");
        Done("rank", "--run", run.Folder, "--features-out", file);
        Refused("--gradient-matrix has no effect with --features", "--run", "rank", "--features", file, "--gradient-matrix");
    }

    [Theory, InlineData("rank"), InlineData("knn")]
    public void Unknown_taps_are_refused_with_the_known_ones(string command) =>
        Refused("no tap 'block9'", "block1, block2", command, "--run", run.Folder, "--taps", "block1,block9");

    [Theory, InlineData("rank"), InlineData("knn")]
    public void A_folder_that_is_no_run_is_refused(string command) =>
        Refused("holds no run", "sharpless train --out", command, "--run", Path.GetDirectoryName(run.NewPath("x"))!);

    [Theory, InlineData("rank"), InlineData("knn")]
    public void An_unfinished_run_is_refused(string command)
    {
        string unfinished = Path.GetDirectoryName(run.NewPath("x"))!;
        File.Copy(Path.Combine(run.Folder, "config.json"), Path.Combine(unfinished, "config.json"));
        Refused("is not finished", "--resume", command, "--run", unfinished);
    }

    [Fact]
    public void More_neighbours_than_examples_are_refused() => Refused("49", "", "knn", "--run", run.Folder, "--k", "49");

    private static List<JsonElement> Done(params string[] arguments)
    {
        (int code, string output, string errors) = TinyRun.Invoke([.. arguments, "--json"]);
        Assert.True(code == 0, errors + output);
        return [.. JsonDocument.Parse(output).RootElement.GetProperty("taps").EnumerateArray()];
    }

    private static void Refused(string error, string hint, params string[] arguments)
    {
        (int code, string output, string errors) = TinyRun.Invoke(arguments);
        Assert.Equal((2, ""), (code, output));
        string[] lines = errors.Trim().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("error: ", lines[0], StringComparison.Ordinal);
        Assert.Contains(error, lines[0], StringComparison.Ordinal);
        Assert.StartsWith("hint: ", lines[1], StringComparison.Ordinal);
        Assert.Contains(hint, lines[1], StringComparison.Ordinal);
    }

    private static string Name(JsonElement tap) => tap.GetProperty("tap").GetString()!;

    private static double Rank(JsonElement tap) => tap.GetProperty("rank").GetProperty("0.99").GetDouble();
}
