using System.Diagnostics;
using System.Text.Json;
using Sharpless.Cli.Tests.Training;

namespace Sharpless.Cli.Tests.Sweep;

/// <summary>The real program sweeps over a tiny grid.</summary>
public sealed class SweepCommandTests : IDisposable
{
    private static readonly int[] Seeds = [0, 1];

    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void A_data_set_that_is_not_there_is_refused_before_the_first_run()
    {
        TrainingProgram.Run("sweep", "--dataset", "cifar10", "--sam-rho", "0,0.1", "--data-dir", _tiny["none"], "--out", _tiny["sweep"]).AssertRefused("The data set cifar10", "sharpless data get cifar10");
        string archive = _tiny["sets/cifar10/cifar-10-binary.tar.gz"];
        Directory.CreateDirectory(Path.GetDirectoryName(archive)!);
        File.WriteAllText(archive, "");
        TrainingProgram.Run("sweep", "--dataset", "cifar10", "--sam-rho", "0,0.1", "--compute-feature-rank", "--data-dir", _tiny["sets"], "--out", _tiny["sweep"])
            .AssertRefused("in the data set cifar100", "sharpless data get cifar100. Or look for them in cifar10 itself: --knn-dataset same");
        Assert.False(Directory.Exists(_tiny["sweep"]));
    }

    [Fact]
    public void A_sweep_trains_the_runs_that_train_would_and_goes_on_where_it_was()
    {
        TrainingProgram.Run(Sweep("--sam-rho", "0,0.1", "--seed", "0")).AssertDone();
        DateTime first = File.GetLastWriteTimeUtc(_tiny["sweep/sam-rho-0.1/weights.safetensors"]);

        // It grows by a seed. Runs that are there already keep their folder and are not trained again.
        JsonElement document = TrainingProgram.Run(Sweep("--sam-rho", "0,0.1", "--seed", "0,1", "--jobs", "2", "--json")).AssertDone().Json;
        JsonElement[] runs = [.. document.GetProperty("runs").EnumerateArray()];
        Assert.Equal(["0/0", "0/1", "0.1/0", "0.1/1"], runs.Select(run => $"{run.GetProperty("coordinates").GetProperty("sam-rho")}/{run.GetProperty("coordinates").GetProperty("seed")}"));
        Assert.Equal(first, File.GetLastWriteTimeUtc(_tiny["sweep/sam-rho-0.1/weights.safetensors"]));
        Assert.False(Directory.Exists(_tiny["sweep/sam-rho-0.1_seed-0"]));
        DateTime grown = File.GetLastWriteTimeUtc(_tiny["sweep/sam-rho-0.1_seed-1/weights.safetensors"]);

        TrainingProgram.Result again = TrainingProgram.Run(Sweep("--sam-rho", "0,0.1", "--seed", "0,1")).AssertDone();
        Assert.Contains("4 of 4 runs were finished before.", again.Errors, StringComparison.Ordinal);
        Assert.Equal(grown, File.GetLastWriteTimeUtc(_tiny["sweep/sam-rho-0.1_seed-1/weights.safetensors"]));
        Assert.True(File.Exists(_tiny["sweep/report.html"]));

        // The same run by `train`: the same bytes.
        string[] alone = _tiny.Quick("alone", "--sam-rho", "0.1", "--seed", "1");
        TrainingProgram.Run(alone).AssertDone();
        Assert.Equal(File.ReadAllBytes(_tiny["alone/weights.safetensors"]), File.ReadAllBytes(_tiny["sweep/sam-rho-0.1_seed-1/weights.safetensors"]));
    }

    [Fact]
    public void A_run_that_fails_stops_no_other_and_is_named()
    {
        // A learning rate that no float32 weight survives.
        TrainingProgram.Run(Sweep("--lr-max", "1e38,0.1")).AssertFailed(1, "1 of 2 runs failed; the first, 'lr-max-1e38'", "log.txt");
        Assert.True(File.Exists(_tiny["sweep/lr-max-0.1/result.json"]));
        Assert.False(File.Exists(_tiny["sweep/lr-max-1e38/result.json"]));
    }

    [Fact]
    public void A_stopped_sweep_stops_its_runs_with_their_state_saved()
    {
        Process process = TrainingProgram.Begin(Sweep("--seed", "0,1", "--epochs", "100000"));
        TrainingProgram.WaitUntil(process, () => File.Exists(_tiny["sweep/seed-0/checkpoint/state.safetensors"]));
        TrainingProgram.Signal(process, "TERM");
        TrainingProgram.End(process).AssertFailed(130, "Stopped with 0 of 2 runs finished", "same command");
        Assert.Contains("stopped after iteration", File.ReadAllText(_tiny["sweep/seed-0/log.txt"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_tiny["sweep/seed-1"]));
    }

    [Fact]
    public void Ctrl_C_reaches_every_process_of_a_sweep_and_every_run_is_saved()
    {
        string[] sweep = Sweep("--seed", "0,1", "--jobs", "2", "--epochs", "600", "--eval-iter-freq", "1000");
        Process process = TrainingProgram.BeginWith(["setsid"], sweep);
        TrainingProgram.WaitUntil(process, () => Seeds.All(seed => HasBegun($"sweep/seed-{seed}")));
        TrainingProgram.SignalGroup(process, "INT");
        TrainingProgram.End(process).AssertFailed(130, "Stopped with 0 of 2 runs finished; the others that had begun are saved.", "same command");
        Assert.All(Seeds, seed => Assert.Contains("stopped after iteration", File.ReadAllText(_tiny[$"sweep/seed-{seed}/log.txt"]), StringComparison.Ordinal));
        AssertGoesOnToTheSameBytes(sweep);
    }

    [Fact]
    public void Runs_of_a_sweep_that_was_killed_save_and_end_and_the_same_command_goes_on()
    {
        string[] sweep = Sweep("--seed", "0,1", "--jobs", "2", "--epochs", "600", "--eval-iter-freq", "1000");
        Process process = TrainingProgram.Begin(sweep);
        TrainingProgram.WaitUntil(process, () => Seeds.All(seed => HasBegun($"sweep/seed-{seed}")));
        process.Kill();                              // the sweep alone: its runs stay behind
        process.Dispose();
        AssertGoesOnToTheSameBytes(sweep);
        Assert.All(Seeds, seed => Assert.Contains("stopped after iteration", File.ReadAllText(_tiny[$"sweep/seed-{seed}/log.txt"]), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Unknown option '--sam-roh' of train.", "--sam-rho", "--sam-roh", "0,1")]
    [InlineData("--sam-rho is 'x'", "train --help", "--sam-rho", "0,x")]
    [InlineData("--model is 'absent'; known: resnet18, classifier, ", "train --help", "--model", "classifier,absent")]
    [InlineData("Two runs of the sweep are the same: --sam-rho 0 and --sam-rho 0.0", "once", "--sam-rho", "0,0.0")]
    public void Every_run_is_checked_before_the_first_one_starts(string error, string hint, params string[] arguments)
    {
        TrainingProgram.Run(Sweep(arguments)).AssertRefused(error, hint);
        Assert.False(Directory.Exists(_tiny["sweep"]));
    }

    [Fact]
    public void A_folder_of_something_else_is_refused_and_a_dry_run_makes_none()
    {
        JsonElement[] runs = [.. TrainingProgram.Run(Sweep("--epochs", "1,2", "--dry-run", "--json")).AssertDone().Json.GetProperty("runs").EnumerateArray()];
        Assert.Equal([1, 2], runs.Select(run => run.GetProperty("options").GetProperty("epochs").GetInt32()));
        Assert.False(Directory.Exists(_tiny["sweep"]));

        Directory.CreateDirectory(_tiny["sweep"]);
        File.WriteAllText(_tiny["sweep/chapter.tex"], "text");
        TrainingProgram.Run(Sweep("--epochs", "1,2")).AssertRefused("it holds 'chapter.tex'", "--out");
    }

    private void AssertGoesOnToTheSameBytes(string[] sweep)
    {
        TrainingProgram.Run(sweep).AssertDone();
        foreach (int seed in Seeds)
        {
            string[] alone = _tiny.Quick($"alone-{seed}", "--seed", $"{seed}", "--epochs", "600", "--eval-iter-freq", "1000");
            TrainingProgram.Run(alone).AssertDone();
            _tiny.AssertSame($"alone-{seed}", $"sweep/seed-{seed}", $"seed {seed}");
        }
    }

    private bool HasBegun(string run) => File.Exists(_tiny[$"{run}/checkpoint/state.safetensors"]);

    private string[] Sweep(params string[] more) =>
        ["sweep", .. _tiny.Quick("sweep", more).Skip(1)];
}
