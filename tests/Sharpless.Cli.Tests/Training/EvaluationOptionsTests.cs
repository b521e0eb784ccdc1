using System.Globalization;
using System.Text.Json;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Training;

/// <summary>What evaluations measure only when asked: density of activations and sharpness.</summary>
public sealed class EvaluationOptionsTests : IDisposable
{
    private static readonly string[] Taps = ["block1", "block2"];

    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Columns_are_there_only_when_asked_for_and_training_is_the_same()
    {
        TrainingProgram.Run(_tiny.Short("plain", "--epochs", "1")).AssertDone();
        JsonElement final = TrainingProgram.Run(_tiny.Short("measured", "--epochs", "1", "--compute-sparsity-metrics", "--compute-sharpness", "--json")).AssertDone().Json.GetProperty("final");
        Assert.Equal(File.ReadAllBytes(_tiny["plain/weights.safetensors"]), File.ReadAllBytes(_tiny["measured/weights.safetensors"]));

        string plain = Header("plain"), measured = Header("measured");
        Assert.DoesNotContain("density", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("sharpness", plain, StringComparison.Ordinal);
        Assert.Equal(
            plain + ",density.block1,density.block2,distinct_density.block1,distinct_density.block2,correlated_units.block1,correlated_units.block2"
            + ",sharpness_loss_small,sharpness_error_small,sharpness_loss_large,sharpness_error_large", measured);
        Assert.Equal(Taps, final.GetProperty("density").EnumerateObject().Select(tap => tap.Name));
        Assert.True(final.GetProperty("sharpness_loss_large").GetDouble() > final.GetProperty("sharpness_loss_small").GetDouble());

        // A row holds the same numbers in the columns that both runs have.
        EvaluationRecord[] ours = Rows("measured"), theirs = Rows("plain");
        foreach ((EvaluationRecord with, EvaluationRecord without) in ours.Zip(theirs)) Assert.All(without.Values, item => Assert.Equal(item.Value, with[item.Key]));
        Assert.All(ours, row => Assert.Equal(theirs[0].Values.Count + 10, row.Values.Count));
    }

    [Fact]
    public void Densities_need_no_feature_rank_and_are_those_of_the_command_rank()
    {
        string[] command = [.. _tiny.Short("run", "--epochs", "1", "--compute-sparsity-metrics", "--sparsity-corr-threshold", "0.5").Where(argument => argument != "--compute-feature-rank")];
        TrainingProgram.Run(command).AssertDone();
        EvaluationRecord last = Rows("run")[^1];
        Assert.DoesNotContain(last.Values.Keys, column => column.StartsWith("feature_rank", StringComparison.Ordinal));
        JsonElement taps = TrainingProgram.Run("rank", "--run", _tiny["run"], "--density", "--sparsity-corr-threshold", "0.5", "--threads", "1", "--json").AssertDone().Json.GetProperty("taps");
        foreach (JsonElement tap in taps.EnumerateArray())
        {
            string name = tap.GetProperty("tap").GetString()!;
            JsonElement density = tap.GetProperty("density");
            Assert.Equal(density.GetProperty("density").GetDouble(), last[$"density.{name}"]);
            Assert.Equal(density.GetProperty("distinct_density").GetDouble(), last[$"distinct_density.{name}"]);
            Assert.Equal(density.GetProperty("correlated_units").GetDouble(), last[$"correlated_units.{name}"]);
            Assert.InRange(density.GetProperty("density").GetDouble(), 0.01, 0.99);
        }

        Assert.Equal(2, taps.GetArrayLength());
    }

    [Fact]
    public void Rank_only_gives_the_same_ranks_and_ends_the_spectra_there()
    {
        // Wide enough for a partial spectrum to be tried, and of a low rank.
        string data = _tiny.WriteData("wide", 1100, noise: 10);
        string[] wide = ["--dataset", $"npz:{data}", "--model", "fc", "--model-width", "1024", "--epochs", "1", "--batch-size", "550", "--n-analysis", "1100", "--checkpoint-every", "0"];
        TrainingProgram.Run(_tiny.Short("whole", wide)).AssertDone();
        TrainingProgram.Run(_tiny.Short("partial", [.. wide, "--rank-only"])).AssertDone();
        string column = Rows("whole")[^1].Values.Keys.First(name => name.StartsWith("feature_rank", StringComparison.Ordinal)), tap = column["feature_rank.".Length..];
        double rank = Rows("whole")[^1][column]!.Value;
        Assert.Equal(rank, Rows("partial")[^1][column]);
        Assert.Equal(1024, Spectrum("whole", tap).Length);
        Assert.Equal((int)rank, Spectrum("partial", tap).Length);
    }

    [Fact]
    public void Active_units_are_those_of_the_command_rank()
    {
        TrainingProgram.Run(_tiny.Short("run", "--epochs", "1", "--active-units")).AssertDone();
        EvaluationRecord last = Rows("run")[^1];
        JsonElement taps = TrainingProgram.Run("rank", "--run", _tiny["run"], "--active-units", "--threads", "1", "--json").AssertDone().Json.GetProperty("taps");
        foreach (JsonElement tap in taps.EnumerateArray())
        {
            JsonElement units = tap.GetProperty("active_units").GetProperty("units");
            foreach ((string share, string percent) in new[] { ("0", "0p"), ("0.01", "1p"), ("0.05", "5p"), ("0.1", "10p") })
                Assert.Equal(units.GetProperty(share).GetDouble(), last[$"active_units_{percent}.{tap.GetProperty("tap").GetString()}"]);
            Assert.True(units.GetProperty("0").GetInt32() > 0);
        }

        Assert.Equal(2, taps.GetArrayLength());
    }

    [Fact]
    public void Active_units_need_the_features_that_they_are_counted_in()
    {
        TrainingProgram.Run(_tiny.Quick("run", "--active-units")).AssertRefused("--active-units has no effect without --compute-feature-rank", "add --compute-feature-rank");
    }

    [Theory, InlineData("fp32", "0.4", 0.4), InlineData("bf16", "0", 0.1)]
    public void Sharpness_is_one_step_for_each_batch_as_published_in_float32_always(string precision, string samRho, double large)
    {
        TrainingProgram.Run(_tiny.Short("run", "--epochs", "1", "--compute-sharpness", "--precision", precision, "--sam-rho", samRho, "--batch-size-eval", "10", "--n-eval-every-k-iter", "48")).AssertDone();
        EvaluationRecord last = Rows("run")[^1];
        JsonElement worst = TrainingProgram.Run(
            "sharpness", "--run", _tiny["run"], "--rho", $"0.01,{large.ToString(CultureInfo.InvariantCulture)}", "--steps", "1", "--examples", "48", "--group-size", "16", "--measures", "worst-case", "--threads", "1", "--json")
            .AssertDone().Json.GetProperty("worst_case");
        foreach ((string size, int index) in new[] { ("small", 0), ("large", 1) })
        {
            Assert.Equal(Mean(worst[index], "loss_increase"), last[$"sharpness_loss_{size}"]!.Value, 1e-6);
            Assert.Equal(Mean(worst[index], "error_increase"), last[$"sharpness_error_{size}"]!.Value, 1e-9);
        }

        Assert.True(last["sharpness_loss_small"] > 0);
    }

    [Fact]
    public void A_pruned_run_is_measured_within_its_live_weights()
    {
        TrainingProgram.Run(_tiny.Short("dense", "--epochs", "1")).AssertDone();
        TrainingProgram.Run("prune", _tiny["dense/weights.safetensors"], "--amount", "0.9", "--scope", "layer", "--out", _tiny["sparse.safetensors"]).AssertDone();
        TrainingProgram.Run(_tiny.Short("sparse", "--epochs", "1", "--init", _tiny["sparse.safetensors"], "--compute-sharpness", "--n-eval-every-k-iter", "16")).AssertDone();
        EvaluationRecord last = Rows("sparse")[^1];
        JsonElement result = TrainingProgram.Run(
            "sharpness", "--run", _tiny["sparse"], "--rho", "0.01", "--steps", "1", "--examples", "16", "--measures", "worst-case", "--threads", "1", "--json").AssertDone().Json;
        Assert.Equal(Mean(result.GetProperty("worst_case")[0], "loss_increase"), last["sharpness_loss_small"]!.Value, 1e-6);
        Assert.True(result.GetProperty("perturbed_weights").GetInt32() < 0.2 * RunRecord.Load(_tiny["sparse"]).Configuration.Parameters);
    }

    [Theory, InlineData("-0.5"), InlineData("x")]
    public void A_threshold_that_is_no_correlation_is_refused(string threshold) =>
        TrainingProgram.Run(_tiny.Short("run", "--sparsity-corr-threshold", threshold)).AssertFailed(2, "--sparsity-corr-threshold", "");

    private static double Mean(JsonElement item, string quantity) => item.GetProperty(quantity).GetProperty("mean").GetDouble();

    private string Header(string run) => File.ReadLines(_tiny[$"{run}/metrics.csv"]).First();

    private EvaluationRecord[] Rows(string run) => [.. RunRecord.Load(_tiny[run]).Evaluations];

    private double[] Spectrum(string run, string tap)
    {
        using Sharpless.Torch.Files.ArrayFile file = Sharpless.Torch.Files.ArrayFile.Open(Directory.GetFiles(Path.Combine(_tiny[run], "spectra")).Max()!);
        var values = new double[file[tap].Count];
        file[tap].ReadPanel(0, file[tap].Rows, 0, file[tap].Columns, values);
        return values;
    }
}
