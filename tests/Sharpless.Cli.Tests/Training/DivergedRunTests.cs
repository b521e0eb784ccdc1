using System.Text.Json;
using Sharpless.Tests;

namespace Sharpless.Cli.Tests.Training;

/// <summary>A training whose final loss is not finite, or that took no step, is no success, wherever training happens; its files stay.</summary>
public sealed class DivergedRunTests : IDisposable
{
    // Activations leave float32 after the first step; every gradient of an ascent of that length is not finite.
    private static readonly string[] Lost = ["--lr-max", "1e20", "--epochs", "1", "--precision", "fp32"], Stuck = ["--sam-rho", "1e30", "--epochs", "1", "--precision", "fp32"];

    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory, InlineData(true, "not finite"), InlineData(false, "No step was taken: in all 6 steps")]
    public void Train_ends_with_1_and_says_so_and_keeps_the_files(bool isLost, string error)
    {
        string[] command = _tiny.Quick("run", isLost ? Lost : Stuck);
        TrainingProgram.Result result = TrainingProgram.Run(command);
        result.AssertFailed(1, error, "--lr-max");
        Assert.Contains("skipped steps", result.Output, StringComparison.Ordinal);
        foreach (string file in new[] { "weights.safetensors", "result.json", "metrics.csv", "report.html" }) Assert.True(File.Exists(_tiny[$"run/{file}"]), file);
        Assert.Contains("steps skipped", File.ReadAllText(_tiny["run/log.txt"]), StringComparison.Ordinal);
        Assert.Contains("diverged", File.ReadAllText(_tiny["run/report.html"]), StringComparison.Ordinal);

        // Issued again it is the same run, which is not trained again and is still no success.
        DateTime trained = File.GetLastWriteTimeUtc(_tiny["run/weights.safetensors"]);
        TrainingProgram.Result again = TrainingProgram.Run([.. command, "--resume", "--json"]);
        Assert.Equal((1, ""), (again.ExitCode, again.Errors));
        Assert.Contains(error, again.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("--lr-max", again.Json.GetProperty("hint").GetString(), StringComparison.Ordinal);
        Assert.True(again.Json.GetProperty("diverged").GetBoolean());
        Assert.True(again.Json.GetProperty("skipped_steps").GetInt32() > 0);
        Assert.Equal(isLost ? JsonValueKind.Null : JsonValueKind.Number, again.Json.GetProperty("final").GetProperty("train_loss").ValueKind);
        Assert.Equal(trained, File.GetLastWriteTimeUtc(_tiny["run/weights.safetensors"]));
        foreach (string text in new[] { "NaN", "Infinity" }) Assert.DoesNotContain(text, File.ReadAllText(_tiny["run/result.json"]), StringComparison.Ordinal);
        Assert.True(JsonDocument.Parse(File.ReadAllText(_tiny["run/result.json"])).RootElement.GetProperty("diverged").GetBoolean());
    }

    [Fact]
    public void A_sweep_goes_on_shows_which_diverged_and_ends_with_1()
    {
        string[] sweep = ["sweep", .. _tiny.Quick("sweep", "--sam-rho", "1e30,0.1", "--epochs", "1", "--precision", "fp32").Skip(1)];
        TrainingProgram.Result result = TrainingProgram.Run(sweep);
        result.AssertFailed(1, "1 of 2 runs diverged; the first, 'sam-rho-1e30': No step was taken", "--sam-rho");
        Assert.Contains("sam-rho-1e30 diverged; 1 of 2 runs finished", result.Errors, StringComparison.Ordinal);
        Assert.Contains("diverged", result.Output, StringComparison.Ordinal);
        Assert.Contains("diverged", File.ReadAllText(_tiny["sweep/report.html"]), StringComparison.Ordinal);

        TrainingProgram.Result again = TrainingProgram.Run([.. sweep, "--json"]);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("2 of 2 runs were finished before", again.Errors, StringComparison.Ordinal);
        Assert.Equal([true, false], again.Json.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("diverged").GetBoolean()));
        Assert.Equal(1, again.Json.GetProperty("diverged").GetInt32());
        Assert.Contains("1 of 2 runs diverged", again.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Pruning_with_training_writes_no_network_of_a_training_that_came_to_nothing()
    {
        TrainingProgram.Run(_tiny.Quick("dense", "--epochs", "1")).AssertDone();
        foreach ((string schedule, string[] options, string where) in new[] { ("iterative", (string[])["--rounds", "2"], "Round 1 of 2: "), ("cubic", ["--prune-every", "2"], "") })
        {
            string output = _tiny[$"{schedule}.safetensors"];
            TrainingProgram.Run(["prune", _tiny["dense"], "--schedule", schedule, .. options, "--epochs", "1", "--sam-rho", "1e30", "--precision", "fp32", "--threads", "1", "--out", output])
                .AssertFailed(1, $"{where}No step was taken", "--sam-rho");
            Assert.False(File.Exists(output));
        }
    }

    [Fact]
    public void Sparse_counts_the_networks_that_diverged()
    {
        string[] command =
        [
            "sparse", "--dataset", $"npz:{_tiny.Data}", "--width", "4", "--data-fraction", "0.5", "--epochs", "1", "--finetune-epochs", "1", "--batch-size", "16", "--seeds", "1", "--directions", "0",
            "--as-published", "none", "--sam-rho", "1e30", "--precision", "fp32", "--threads", "1", "--out", _tiny["sparse"], "--resume",
        ];
        TrainingProgram.Result result = TrainingProgram.Run(command);
        result.AssertFailed(1, "1 of 4 networks diverged", "--sam-rho");
        Assert.Contains("skipped steps:", result.Output, StringComparison.Ordinal);
        Assert.Contains("diverged", result.Errors.Split('\n').Single(line => line.StartsWith("seed 0, honest, sam", StringComparison.Ordinal)), StringComparison.Ordinal);
        JsonElement again = TrainingProgram.Run([.. command, "--json"]).Json;
        Assert.Equal(1, again.GetProperty("diverged").GetInt32());
        Assert.Equal(1, again.GetProperty("table").EnumerateArray().Single(row => row.GetProperty("arm").GetString() == "sam").GetProperty("diverged").GetInt32());
        Assert.Contains("1 of 4 networks", again.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Contrast_ends_with_1()
    {
        string data = Path.GetDirectoryName(GoldenFiles.PathOf("contrastive", "run", "init.safetensors"))!;
        string[] command =
        [
            "contrast", "--preset", "tiny", "--data", data, "--image-size", "16", "--vocabulary-size", "100", "--bs", "4", "--epochs", "1", "--projection-dim", "8", "--rho", "1e30",
            "--n-eval-batches", "1", "--precision", "fp32", "--threads", "1", "--out", _tiny["contrast"], "--resume",
        ];
        TrainingProgram.Result result = TrainingProgram.Run(command);
        result.AssertFailed(1, "No step was taken: in all 2 steps", "--rho");
        Assert.Contains("skipped steps", result.Output, StringComparison.Ordinal);
        JsonElement again = TrainingProgram.Run([.. command, "--json"]).Json;
        Assert.Equal((true, 2), (again.GetProperty("diverged").GetBoolean(), again.GetProperty("skipped_steps").GetInt32()));
    }

    [Fact]
    public void Two_layer_ends_with_1()
    {
        TrainingProgram.Result result = TrainingProgram.Run("two-layer", "relu", "--seeds", "1", "--iterations", "140", "--sam-rho", "0,1e30", "--out", _tiny["students"]);
        result.AssertFailed(1, "1 of 2 networks diverged", "--sam-rho");
        Assert.True(File.Exists(_tiny["students/report.html"]));
    }

    [Theory]
    [InlineData("--batch-size 1", "one example at a time", "--batch-size (2 or more)")]
    [InlineData("--batch-size 4 --acc-steps 4", "one value for each channel", "--batch-size (8 or more)")]
    public void Batch_norm_on_a_single_value_is_refused_before_training(string options, string error, string hint)
    {
        // At its last batch norm the network has shrunk the 8x8 images to 1x1.
        string[] command = _tiny.Quick("run", ["--model", "resnet_tiny", "--model-width", "2", .. options.Split(' ')]);
        TrainingProgram.Run(command).AssertRefused(error, hint);
        Assert.False(Directory.Exists(_tiny["run"]));
    }

    [Theory]
    [InlineData("--model resnet_tiny --model-width 2 --batch-size 1 --freeze-bn-stats")]
    [InlineData("--model resnet_tiny_gn --model-width 2 --batch-size 1")]
    [InlineData("--model resnet_tiny --model-width 2 --batch-size 2")]
    [InlineData("--model classifier --batch-size 1")]
    public void Where_there_is_no_single_value_small_batches_train(string options) =>
        TrainingProgram.Run(_tiny.Quick("run", [.. options.Split(' '), "--epochs", "1", "--frac-train", "0.1", "--lr-max", "1e-3", "--sam-rho", "0"])).AssertDone();

    [Fact]
    public void Two_augmentations_of_images_that_are_not_augmented_are_refused() =>
        TrainingProgram.Run(_tiny.Quick("run", "--repeated-aug")).AssertRefused("--repeated-aug has no effect", "--randaug");
}
