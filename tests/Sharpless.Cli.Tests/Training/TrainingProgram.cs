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

    internal static Process Begin(params string[] arguments) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "Sharpless.Cli.dll"), .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

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

    internal static void Signal(Process process, string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{process.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
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
