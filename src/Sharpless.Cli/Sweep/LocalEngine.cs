using System.Diagnostics;
using Sharpless.Cli.Hosting;

namespace Sharpless.Cli.Sweep;

/// <summary>
/// Runs of a sweep as processes of this machine, a few at a time. Each is <c>sharpless train --resume</c> in a folder of its own, so that one
/// that fails takes no other with it, and random generators, threads and memory are its own.
/// </summary>
/// <remarks>
/// A run stops and saves when its standard input ends: when it is closed here, and also when this process is killed, so that no run is left behind that nobody waits for. What the terminal
/// sends to all of its processes, Ctrl-C above all, runs leave to this one (<see cref="Interruption.StopsWithInput"/>): told twice to stop, they would not save.
/// </remarks>
/// <param name="jobs">Processes at a time.</param>
/// <param name="common">Arguments for every run, such as threads and precision.</param>
/// <param name="tell">Told every line that a run prints on its way; it begins with the name of the run's folder.</param>
internal sealed class LocalEngine(int jobs, IReadOnlyList<string> common, Action<string> tell)
{
    private readonly Lock _ended = new();

    /// <summary>Runs them all, also after one has failed.</summary>
    /// <param name="runs">Unfinished runs.</param>
    /// <param name="ended">Told when a run has ended, with its exit code and its last lines.</param>
    /// <param name="cancel">Asks the processes to finish their step, save and end; waits for them.</param>
    internal void Run(IEnumerable<SweepRun> runs, Action<SweepRun, int, string> ended, CancellationToken cancel)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = jobs };
        // One at a time from the queue, in order: a chunk of them would let the first process do several in a row while another waits.
        Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(runs, System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering), options, run =>
        {
            if (cancel.IsCancellationRequested) return;
            (int code, string lastLines) = Run(run, cancel);
            lock (_ended) ended(run, code, lastLines);
        });
    }

    private (int Code, string LastLines) Run(SweepRun run, CancellationToken cancel)
    {
        // The program's file by the side of this one; it need not be what `sharpless` means to the shell.
        string program = Path.Combine(AppContext.BaseDirectory, "Sharpless.Cli.dll");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [program, "train", .. run.Point.Arguments, .. common, "--out", run.Folder, "--resume", "--json"])
        {
            Environment = { [Interruption.StopsWithInput] = "1" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new FailureException("The process of a run could not be started.", "Is dotnet on the PATH?");
        using CancellationTokenRegistration registration = cancel.Register(process.StandardInput.Close);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var last = new Queue<string>();
        while (process.StandardError.ReadLine() is string line)
        {
            last.Enqueue(line);
            if (last.Count > 2) last.Dequeue();
            tell(line);
        }

        process.WaitForExit();
        output.Wait(CancellationToken.None);
        return (process.ExitCode, process.ExitCode == ExitCode.Done ? "" : $"{string.Join(' ', last)} {output.Result}".Trim());
    }
}
