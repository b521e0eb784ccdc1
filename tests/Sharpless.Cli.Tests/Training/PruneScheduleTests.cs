using System.Diagnostics;
using System.Text.Json;
using Sharpless.Cli.Tests.Commands;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Training;

/// <summary><c>sharpless prune --schedule</c>: the amount is met to the weight, also when the program was killed on the way, and what does not fit is refused.</summary>
public sealed class PruneScheduleTests : IClassFixture<TinyTraining>
{
    private readonly TinyTraining _tiny;

    public PruneScheduleTests(TinyTraining tiny)
    {
        _tiny = tiny;
        if (!Directory.Exists(tiny["dense"])) TrainingProgram.Run(tiny.Short("dense", "--epochs", "2")).AssertDone();
    }

    [Theory]
    [InlineData("iterative", "--rounds", "2", "--rewind", "initial")]
    [InlineData("cubic", "--prune-every", "3")]
    public void A_schedule_that_was_killed_goes_on_to_the_same_bytes_and_the_exact_amount(string schedule, params string[] options)
    {
        string[] Command(string name) => ["prune", _tiny["dense"], "--schedule", schedule, "--amount", "0.83", "--epochs", "4", "--sam-rho", "0.05", "--lr", "0.02", "--threads", "1", "--json", "--resume", "--out", _tiny[$"{schedule} {name}.safetensors"], .. options];
        JsonElement document = TrainingProgram.Run(Command("whole")).AssertDone().Json;
        Process process = TrainingProgram.Begin(Command("killed"));
        string first = schedule == "cubic" ? "" : "round-1/";
        TrainingProgram.WaitUntil(process, () => File.Exists(_tiny[$"{schedule} killed.prune/{first}checkpoint/state.safetensors"]));
        TrainingProgram.Kill(process, TimeSpan.FromMilliseconds(100));
        TrainingProgram.Run(Command("killed")).AssertDone();

        foreach (string ending in new[] { ".safetensors", ".mask.safetensors" })
        {
            Assert.True(File.ReadAllBytes(_tiny[$"{schedule} whole{ending}"]).AsSpan().SequenceEqual(File.ReadAllBytes(_tiny[$"{schedule} killed{ending}"])), $"{ending} differs");
        }

        using var scope = NewDisposeScope();
        StoredWeights pruned = WeightFile.Load(_tiny[$"{schedule} whole.safetensors"]);
        foreach (JsonElement tensor in document.GetProperty("tensors").EnumerateArray())
        {
            long count = tensor.GetProperty("numel").GetInt64(), zeros = tensor.GetProperty("zeros").GetInt64();
            Assert.Equal(count * 83 / 100, zeros);
            Assert.Equal(count - zeros, (long)pruned.Live[tensor.GetProperty("name").GetString()!].sum().Item());
        }

        Assert.Equal(schedule, document.GetProperty("schedule").GetProperty("name").GetString());
        Assert.InRange(document.GetProperty("schedule").GetProperty("final").GetProperty("test_error").GetDouble(), 0, 1);
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(_tiny[$"{schedule} whole.prune"], schedule == "cubic" ? "config.json" : "round-2/config.json")));
        Assert.Equal((4, 0.02, 0.05, 8), (Option("epochs").GetInt32(), Option("lr-max").GetDouble(), Option("sam-rho").GetDouble(), Option("model-width").GetInt32()));

        JsonElement Option(string name) => config.RootElement.GetProperty("options").GetProperty(name);
    }

    [Fact]
    public void A_weight_file_is_trained_on_the_data_set_that_is_named()
    {
        string output = _tiny["from file.safetensors"];
        JsonElement document = TrainingProgram.Run(
            "prune", _tiny["dense/weights.safetensors"], "--schedule", "cubic", "--amount", "0.5", "--epochs", "1", "--prune-every", "2", "--dataset", $"npz:{_tiny.Data}", "--batch-size", "16", "--model-width", "8",
            "--out", output, "--json").AssertDone().Json;
        Assert.Equal(0.5, document.GetProperty("sparsity").GetDouble(), 0.01);
        Assert.True(File.Exists(output));
    }

    [Fact]
    public void What_does_not_fit_the_schedule_is_refused()
    {
        string[] command = ["prune", _tiny["dense"], "--out", _tiny["refused.safetensors"]];
        Refused("--rounds has no effect with --schedule one-shot", "--rounds", "2");
        Refused("--lr-max has no effect with --schedule one-shot", "--lr", "0.1");
        Refused("--prune-every has no effect with --schedule iterative", "--schedule", "iterative", "--prune-every", "5");
        Refused("--rewind has no effect with --schedule cubic", "--schedule", "cubic", "--rewind", "initial");
        Refused("The scope 2:4 says itself how much", "--schedule", "cubic", "--scope", "2:4");
        Refused("there is no such file", "--schedule", "iterative", "--rewind", "nowhere.safetensors");
        Refused("nothing would be pruned", "--schedule", "cubic", "--prune-every", "1000");
        command[1] = _tiny["dense/weights.safetensors"];
        Refused("does not say what it was trained on", "--schedule", "cubic");
        Assert.False(File.Exists(_tiny["refused.safetensors"]));
        Assert.False(Directory.Exists(_tiny["refused.prune"]));

        void Refused(string error, params string[] options)
        {
            (int code, _, string errors) = TinyRun.Invoke([.. command, .. options]);
            Assert.True(code == 2 && errors.Contains(error, StringComparison.Ordinal), $"exit code {code}: {errors}");
        }
    }
}
