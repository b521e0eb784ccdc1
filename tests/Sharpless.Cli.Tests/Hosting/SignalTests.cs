using System.Diagnostics;
using Sharpless.Cli.Tests.Training;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Hosting;

/// <summary>The real program and the signals of a terminal, a scheduler and an operator in a hurry.</summary>
public sealed class SignalTests : IDisposable
{
    // Runs what follows on a terminal of its own, which turns the character of Ctrl-C into a signal to all that run on it.
    private static readonly string[] Terminal = ["env", "TERM=xterm", "bash", "-c", "printf -v line '%q ' \"$@\"; exec script -qec \"$line\" /dev/null", "bash"];

    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory, InlineData("INT"), InlineData("TERM"), InlineData("HUP")]
    public void The_first_signal_says_what_is_finished_and_saves(string signal)
    {
        Process process = Begin("run", more: ["--epochs", "100000"]);
        TrainingProgram.Signal(process, signal);
        TrainingProgram.Result result = TrainingProgram.End(process);
        result.AssertFailed(130, "the state is saved", "--resume");
        Assert.Contains("sharpless: stopping: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("stopped after iteration", File.ReadAllText(_tiny["run/log.txt"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Signals_in_a_row_end_with_130_and_break_nothing()
    {
        TrainingProgram.Run(_tiny.Short("unbroken", "--epochs", "400")).AssertDone();
        for (int seed = 0; seed < 3; seed++)
        {
            Process process = Begin("run", more: ["--epochs", "400"]);
            for (int i = 0; i < 3; i++)
            {
                TrainingProgram.TrySignal(process, i % 2 == 0 ? "INT" : "TERM");
                Thread.Sleep(5 * seed);
            }

            TrainingProgram.Result result = TrainingProgram.End(process);
            Assert.True(result.ExitCode == 130, $"seed {seed}: exit code {result.ExitCode}: {result.Errors}");
            Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFiles(_tiny["run"], "*.part", SearchOption.AllDirectories));
        }

        TrainingProgram.Run(_tiny.Short("run", "--epochs", "400", "--resume")).AssertDone();
        _tiny.AssertSame("unbroken", "run", "several signals in a row");
    }

    [Fact]
    public void What_nohup_ignores_stays_ignored()
    {
        Process process = Begin("run", ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]);
        TrainingProgram.Signal(process, "HUP");
        TrainingProgram.End(process).AssertDone();
    }

    [Fact]
    public void On_a_terminal_Ctrl_C_twice_ends_with_130_and_leaves_the_cursor_visible()
    {
        const string Hide = "\u001b[?25l", Show = "\u001b[?25h";
        Process process = Begin("run", Terminal, "--epochs", "100000");
        process.StandardInput.Write('\u0003');
        process.StandardInput.Flush();
        process.StandardInput.Write('\u0003');
        process.StandardInput.Flush();
        TrainingProgram.Result result = TrainingProgram.End(process);
        Assert.True(result.ExitCode == 130, result.Output);
        Assert.Contains(Hide, result.Output, StringComparison.Ordinal);
        Assert.True(result.Output.LastIndexOf(Show, StringComparison.Ordinal) > result.Output.LastIndexOf(Hide, StringComparison.Ordinal), result.Output);
        Assert.Contains("sharpless: ", result.Output, StringComparison.Ordinal);
        using ArrayFile checkpoint = ArrayFile.Open(_tiny["run/checkpoint/state.safetensors"]);
        Assert.NotEmpty(checkpoint);
    }

    // A run that has begun to train.
    private Process Begin(string run, string[]? with = null, params string[] more)
    {
        Process process = TrainingProgram.BeginWith(with ?? [], _tiny.Short(run, [.. more, "--resume"]));
        DateTime before = Saved(run);
        TrainingProgram.WaitUntil(process, () => Saved(run) > before);
        return process;
    }

    private DateTime Saved(string run) => File.GetLastWriteTimeUtc(_tiny[$"{run}/checkpoint/state.safetensors"]);
}
