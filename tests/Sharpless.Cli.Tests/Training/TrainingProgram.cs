using System.Diagnostics;
using System.Text.Json;

namespace Sharpless.Cli.Tests.Training;

/// <summary>The built program, started as users start it: another process with its own memory, which can be killed.</summary>
internal static class TrainingProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>How a start ended. <paramref name="ExitCode"/> is 128 + n for a process that signal n ended.</summary>
    internal sealed record Result(int ExitCode, string Output, string Errors)
    {
        internal JsonElement Json => JsonDocument.Parse(Output).RootElement;

        internal Result AssertDone()
        {
            Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Errors}{Output}");
            return this;
        }

        /// <summary>Refused before any work: exit code 2, one line of error, one of hint.</summary>
        internal void AssertRefused(string error, string hint = "") => AssertFailed(2, error, hint);

        internal void AssertFailed(int exitCode, string error, string hint = "")
        {
            Assert.True(ExitCode == exitCode, $"exit code {ExitCode}, not {exitCode}: {Errors}{Output}");
            string[] lines = Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.StartsWith("error: ", lines[^2], StringComparison.Ordinal);
            Assert.Contains(error, lines[^2], StringComparison.Ordinal);
            Assert.StartsWith("hint: ", lines[^1], StringComparison.Ordinal);
            Assert.Contains(hint, lines[^1], StringComparison.Ordinal);
        }
    }

    internal static Result Run(params string[] arguments) => End(Begin(arguments));

    /// <summary>Runs where no file can grow beyond a size, as on a full disk.</summary>
    /// <param name="bytes">The size; whole kilobytes of it count.</param>
    /// <param name="arguments">Of the program.</param>
    internal static Result RunLimited(long bytes, params string[] arguments) =>
        // Without W^X, for which the runtime makes a large file of its own.
        End(BeginWith(["bash", "-c", $"trap '' XFSZ; ulimit -f {bytes / 1024}; export DOTNET_EnableWriteXorExecute=0; exec \"$@\"", "bash"], arguments));

    internal static Process Begin(params string[] arguments) => BeginWith([], arguments);

    /// <summary>Starts the program as the last arguments of another command, such as a shell that redirects its streams.</summary>
    internal static Process BeginWith(IReadOnlyList<string> command, params string[] arguments)
    {
        // What starts the tests may ignore signals, as a shell's background jobs do, and processes inherit that.
        string[] whole = ["env", "--default-signal=HUP,INT,QUIT,TERM", .. command, "dotnet", Path.Combine(AppContext.BaseDirectory, "Sharpless.Cli.dll"), .. arguments];
        return Process.Start(new ProcessStartInfo(whole[0], whole[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    internal static Result End(Process process)
    {
        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
            if (!Task.WaitAll([output, errors], Patience))
            {
                process.Kill();
                Assert.Fail($"The program did not end within {Patience.TotalSeconds} s.");
            }

            process.WaitForExit();
            return new Result(process.ExitCode, output.Result, errors.Result);
        }
    }

    /// <summary>Lets a process work for a while, then ends it by SIGKILL.</summary>
    /// <returns>Whether it was killed; false where it had ended by itself.</returns>
    internal static bool Kill(Process process, TimeSpan after)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        using (process)
        {
            if (!process.WaitForExit(after)) process.Kill();
            process.WaitForExit();
            Task.WaitAll(output, errors);
            Assert.True(process.ExitCode is 0 or 128 + 9, $"exit code {process.ExitCode}: {errors.Result}");
            return process.ExitCode != 0;
        }
    }

    internal static void Signal(Process process, string name) => Assert.True(Signal($"{process.Id}", name));

    /// <summary>Signals a process that may have ended meanwhile.</summary>
    internal static void TrySignal(Process process, string name) => Signal($"{process.Id}", name);

    /// <summary>Signals every process of a group, as a terminal does: that of a process started with <c>setsid</c>.</summary>
    internal static void SignalGroup(Process leader, string name) => Assert.True(Signal($"-{leader.Id}", name));

    private static bool Signal(string target, string name)
    {
        using Process kill = Process.Start("kill", ["-s", name, "--", target]);
        kill.WaitForExit();
        return kill.ExitCode == 0;
    }

    internal static void WaitUntil(Process process, Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.False(process.HasExited, "The program ended before it came that far.");
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"The program did not come that far within {Patience.TotalSeconds} s.");
            Thread.Sleep(2);
        }
    }
}
