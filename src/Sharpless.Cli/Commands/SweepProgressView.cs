using System.Diagnostics;
using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Sweep;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Tells on stderr how a sweep goes: the lines of its runs with their names, and after each run how many are done and how long the rest may take.</summary>
internal sealed class SweepProgressView
{
    private readonly Session _session;
    private readonly int _total;
    private readonly int _skipped;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Lock _lines = new();

    internal SweepProgressView(Session session, int total, int finishedBefore)
    {
        (_session, _total, _skipped, Finished) = (session, total, finishedBefore, finishedBefore);
        if (finishedBefore > 0) Write($"{finishedBefore} of {total} runs were finished before.");
    }

    /// <summary>Finished runs, those of earlier starts included.</summary>
    internal int Finished { get; private set; }

    /// <summary>Runs that failed, and what they said last.</summary>
    internal List<(string Name, string Text)> Failures { get; } = [];

    /// <summary>How far the sweep was when it was stopped: what is said to be saved is.</summary>
    internal string Stopped => Failures.Count == 0
        ? $"Stopped with {Finished} of {_total} runs finished; the others that had begun are saved."
        : $"Stopped with {Finished} of {_total} runs finished and {Failures.Count} failed, the first '{Failures[0].Name}': {Failures[0].Text}";

    /// <summary>Prints a line; runs at a time print whole lines.</summary>
    internal void Write(string line)
    {
        lock (_lines) _session.Errors.WriteLine(line);
    }

    /// <summary>A run has ended.</summary>
    internal void Ended(SweepRun run, int code, string lastLines)
    {
        if (code == ExitCode.Interrupted) return;
        // One that diverged has its result all the same.
        bool isFinished = code == ExitCode.Done || Trainer.IsFinished(run.Options, run.Folder);
        if (isFinished) Finished++;
        else Failures.Add((run.Point.Name, lastLines.Length > 0 ? lastLines : $"exit code {code}"));
        int ended = Finished - _skipped + Failures.Count, left = _total - _skipped - ended;
        string rest = left == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", about {Stopwatch.GetElapsedTime(_started).TotalMinutes / ended * left:0.0} min left");
        Write($"{run.Point.Name} {(code == ExitCode.Done ? "is finished" : isFinished ? "diverged" : "failed")}; {Finished} of {_total} runs finished{(Failures.Count > 0 ? $", {Failures.Count} failed" : "")}{rest}.");
    }
}
