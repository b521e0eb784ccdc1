using System.Diagnostics;
using System.Text.Json;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Cli.Sweep;

/// <summary>The folder of a sweep: run folders, and <c>sweep.json</c> that names them.</summary>
internal static class SweepFolder
{
    private const string FileName = "sweep.json";

    // Runs of a sweep that was killed save and end within seconds; another sweep that is at work here does not.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1), Pause = TimeSpan.FromMilliseconds(100);

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new NumberOrNull() } };

    /// <summary>
    /// Gives each run its folder: one that holds this run already, whatever its name (the sweep may have had fewer axes before), else a new one named by its coordinates.
    /// </summary>
    internal static IReadOnlyList<SweepRun> Place(string folder, IReadOnlyList<(SweepPoint Point, TrainOptions Options)> runs)
    {
        var there = new Dictionary<string, string>();
        if (Directory.Exists(folder))
        {
            foreach (string run in Directory.EnumerateDirectories(folder).Where(run => File.Exists(Path.Combine(run, "config.json"))).Order(StringComparer.Ordinal))
                there.TryAdd(Key(TrainedRun.OptionsOf(run)), run);
        }

        return [.. runs.Select(run => new SweepRun(run.Point, run.Options, there.GetValueOrDefault(Key(run.Options), Path.Combine(folder, run.Point.Name))))];
    }

    /// <summary>Equal for runs whose every option is equal.</summary>
    internal static string Key(TrainOptions options) => JsonSerializer.Serialize(options.Resolved());

    /// <summary>Makes the folder, or goes on with the sweep that is there. A sweep may grow: runs of an earlier command line stay.</summary>
    /// <exception cref="UsageException">The folder holds something else.</exception>
    internal static void Take(string folder, IReadOnlyList<string> axes, IReadOnlyList<SweepRun> runs)
    {
        string file = Path.Combine(folder, FileName);
        if (File.Exists(folder)) throw new UsageException($"'{folder}' is a file; a sweep needs a folder.", "Name another folder with --out.");
        if (Directory.Exists(folder) && !File.Exists(file) && Directory.EnumerateFileSystemEntries(folder).FirstOrDefault() is string foreign)
        {
            throw new UsageException($"The folder '{folder}' is not empty and holds no sweep (it holds '{Path.GetFileName(foreign)}').", "Name an empty or a new folder with --out.");
        }

        Directory.CreateDirectory(folder);
        var document = new Dictionary<string, object>
        {
            ["axes"] = axes, ["runs"] = runs.Select(run => new { run = Path.GetFileName(run.Folder), coordinates = run.Point.Coordinates, arguments = run.Point.Arguments }),
        };
        AtomicFile.WriteAllText(file, JsonSerializer.Serialize(document, Json) + "\n");
    }

    /// <summary>Waits until no process of an earlier sweep is at work in the folders of runs. One that goes on for longer is met, and told, by the run itself.</summary>
    internal static void WaitForEarlier(IReadOnlyList<SweepRun> runs, Action<string> tell, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        bool isTold = false;
        while (runs.Count(run => Trainer.IsRunning(run.Folder)) is > 0 and int left && Stopwatch.GetElapsedTime(started) < Patience)
        {
            if (!isTold) tell($"{left} of {runs.Count} runs are still at work for an earlier sweep; waiting for them to save and end.");
            isTold = true;
            if (cancel.WaitHandle.WaitOne(Pause)) cancel.ThrowIfCancellationRequested();
        }
    }
}
