using System.Text.Json;
using Sharpless.Cli.Tests.Commands;

namespace Sharpless.Cli.Tests.Training;

/// <summary>A run means the same data from whatever folder it is looked at, and says what to do where they were moved.</summary>
public sealed class DataPathTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void A_run_on_relative_paths_can_be_read_from_any_folder()
    {
        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), _tiny.Folder);
        Invoke(_tiny.Short("first")).Done();
        Invoke(_tiny.Short("run", "--dataset", $"npz:{relative}/data.npz", "--init", $"{relative}/first", "--data-dir", relative)).Done();
        JsonElement configuration = JsonDocument.Parse(File.ReadAllText(_tiny["run/config.json"])).RootElement, options = configuration.GetProperty("options");
        Assert.Equal($"npz:{_tiny.Data}", options.GetProperty("dataset").GetString());
        Assert.Equal(_tiny["first"], options.GetProperty("init").GetString());
        Assert.Equal(_tiny.Folder, configuration.GetProperty("data-folder").GetString());

        // The same command with absolute paths is the same run.
        Invoke(_tiny.Short("run", "--dataset", $"npz:{_tiny.Data}", "--init", _tiny["first"], "--resume")).Done();
    }

    [Fact]
    public void Data_that_were_moved_are_named_and_found_again()
    {
        Invoke(_tiny.Short("run")).Done();
        string moved = Directory.CreateDirectory(_tiny["moved"]).FullName;
        File.Move(_tiny.Data, Path.Combine(moved, "data.npz"));
        Invoke("rank", "--run", _tiny["run"]).Refused($"There is no file {_tiny.Data}", "--data-dir");
        Invoke("rank", "--run", _tiny["run"], "--data-dir", moved).Done();

        // Also where the run itself goes on.
        File.Delete(_tiny["run/result.json"]);
        Invoke(_tiny.Short("run", "--resume")).Refused($"There is no file {_tiny.Data}", "--data-dir");
        Invoke(_tiny.Short("run", "--resume", "--data-dir", moved)).Done();
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_told_as_what_it_is()
    {
        (int code, _, string errors) = TinyRun.Invoke(_tiny.Short("x", "--out", "/proc/self/run"));
        Assert.True(code == 2, errors);
        Assert.Contains("cannot be written", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("in use by another process", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_is_full_leaves_the_last_checkpoint_and_the_run_goes_on_from_it()
    {
        // The limit on the size of a file stands for a full disk: the metrics make checkpoints grow, so that a late one
        // no longer fits. It counts for files in memory too, such as TorchSharp's bridge of 2.4 MB: hence this width.
        const string Width = "128";
        TrainingProgram.Run(_tiny.Short("unbroken", "--model-width", Width)).AssertDone();
        long size = new FileInfo(_tiny["unbroken/checkpoint/state.safetensors"]).Length;
        TrainingProgram.Result result = TrainingProgram.RunLimited(size - 1, _tiny.Short("run", "--model-width", Width));
        result.AssertFailed(1, "larger than", "--resume");
        TrainingProgram.Run(_tiny.Short("run", "--model-width", Width, "--resume")).AssertDone();
        _tiny.AssertSame("unbroken", "run", "after a full disk");
    }

    private static Outcome Invoke(params string[] arguments)
    {
        (int code, _, string errors) = TinyRun.Invoke(arguments);
        return new Outcome(code, errors);
    }

    private sealed record Outcome(int Code, string Errors)
    {
        internal void Done() => Assert.True(Code == 0, Errors);

        internal void Refused(string error, string hint)
        {
            Assert.True(Code == 2, Errors);
            string[] lines = Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Contains(error, lines[^2], StringComparison.Ordinal);
            Assert.Contains(hint, lines[^1], StringComparison.Ordinal);
        }
    }
}
