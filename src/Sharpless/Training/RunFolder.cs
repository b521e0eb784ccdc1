using System.Text.Json;
using Sharpless.Pruning;
using Sharpless.Torch.Files;

namespace Sharpless.Training;

/// <summary>The folder of a run: who may use it, and the names of what lies in it. A run never writes outside its folder.</summary>
internal sealed class RunFolder : IDisposable
{
    private const string FilesName = "files";

    private readonly FileStream _log;

    private RunFolder(string path, FileStream log, bool isNew)
    {
        Path = path;
        _log = log;
        IsNew = isNew;
    }

    internal string Path { get; }

    /// <summary>Whether nothing of the run is there yet.</summary>
    internal bool IsNew { get; }

    internal string Configuration => In("config.json");

    internal string Metrics => In("metrics.csv");

    internal string Result => In("result.json");

    internal string Weights => In("weights.safetensors");

    internal string AverageWeights => In("weights-swa.safetensors");

    internal string Snapshot(long epoch) => System.IO.Path.Combine(Path, "snapshots", $"epoch-{epoch:D4}.safetensors");

    internal string Checkpoint => System.IO.Path.Combine(Path, "checkpoint", "state.safetensors");

    /// <summary>The checkpoint before the newest.</summary>
    internal string EarlierCheckpoint => System.IO.Path.Combine(Path, "checkpoint", "state.previous.safetensors");

    internal string Spectra(long iteration) => System.IO.Path.Combine(Path, "spectra", $"iteration-{iteration:D8}.npz");

    /// <summary>
    /// Hashes of the files that the run has written and will not write again, by their paths in the folder. A checkpoint holds them: a run that goes on without one of
    /// these files would not end with what an unbroken run ends with.
    /// </summary>
    internal IReadOnlyDictionary<string, string> Written { get; set; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Notes a file that was written for good, if it is there.</summary>
    internal void Note(string path)
    {
        if (!File.Exists(path)) return;
        string name = System.IO.Path.GetRelativePath(Path, path).Replace('\\', '/');
        Written = new SortedDictionary<string, string>(Written.ToDictionary(), StringComparer.Ordinal) { [name] = ContentHash.OfFile(path) };
    }

    /// <summary>Compares files with their hashes.</summary>
    /// <exception cref="InvalidDataException">One is missing, or was changed.</exception>
    internal void RequireWritten(IReadOnlyDictionary<string, string> files)
    {
        foreach ((string name, string hash) in files)
        {
            string path = In(name);
            if (!File.Exists(path)) throw new InvalidDataException($"'{path}' is missing, which the run wrote before its checkpoint");
            if (ContentHash.OfFile(path) != hash) throw new InvalidDataException($"'{path}' was changed or damaged since the run wrote it");
        }
    }

    /// <summary>Whether the run is finished, with the files it ended with. One whose files were damaged goes on from its last checkpoint, which makes them again.</summary>
    /// <param name="warn">Told of such damage.</param>
    internal bool IsFinished(Action<string>? warn)
    {
        if (!File.Exists(Result)) return false;
        try
        {
            RequireWritten(RunJson.Texts(RunJson.Load(Result), FilesName, Result));
            return true;
        }
        catch (InvalidDataException error)
        {
            warn?.Invoke($"{error.Message.TrimEnd('.')}. The end of the run is made again from its last checkpoint.");
            return false;
        }
    }

    /// <summary>Writes the result of the run, which is then finished.</summary>
    /// <param name="document">What it says.</param>
    /// <param name="lastLine">Of the log.</param>
    internal void Finish(IReadOnlyDictionary<string, object?> document, string lastLine)
    {
        foreach (string path in new[] { Weights, MaskFile.PathFor(Weights), Metrics }) Note(path);
        var files = Written.Where(item => item.Key != "config.json").ToDictionary();   // an option that came with a later version may be missing in it
        AtomicFile.WriteAllText(Result, JsonSerializer.Serialize(new Dictionary<string, object?>(document) { [FilesName] = files }, RunConfiguration.Json) + "\n");
        Log(lastLine);
    }

    /// <summary>The weights of a finished run, for those who only look at it.</summary>
    /// <exception cref="UsageException">The folder holds no finished run.</exception>
    internal static string FinishedWeights(string path)
    {
        string weights = System.IO.Path.Combine(path, "weights.safetensors");
        if (!File.Exists(System.IO.Path.Combine(path, "config.json"))) throw new UsageException($"'{path}' holds no run (no config.json).", "Name a folder that `sharpless train --out` filled.");
        if (!File.Exists(weights)) throw new UsageException($"The run in '{path}' is not finished (no weights.safetensors).", "Finish it: the command that started it, with --resume.");
        return weights;
    }

    /// <summary>Whether another process has taken the folder.</summary>
    internal static bool IsInUse(string path)
    {
        string log = System.IO.Path.Combine(path, "log.txt");
        if (!File.Exists(log)) return false;
        try
        {
            using var probe = new FileStream(log, FileMode.Open, FileAccess.Write, FileShare.None);
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error is IOException locked && FileTrouble.IsLocked(locked);  // where nothing can be written nobody is at work either
        }
    }

    /// <summary>Takes a folder for a run, or refuses it before anything is written.</summary>
    /// <param name="path">The folder; it need not exist.</param>
    /// <param name="command">The command that the run is of.</param>
    /// <param name="options">The run's configuration.</param>
    /// <param name="resume">Whether to go on with the run that is there.</param>
    /// <exception cref="UsageException">The folder holds another run, this run without <paramref name="resume"/>, something else, or a running process.</exception>
    internal static RunFolder Take(string path, string command, object options, bool resume)
    {
        path = System.IO.Path.GetFullPath(path);
        string configuration = System.IO.Path.Combine(path, "config.json");
        bool isNew = !File.Exists(configuration);
        if (isNew) RefuseForeign(path);
        else RefuseOther(path, configuration, command, options, resume);
        string log = System.IO.Path.Combine(path, "log.txt");
        try
        {
            Directory.CreateDirectory(System.IO.Path.Combine(path, "checkpoint"));
            // FileShare.None: with FileShare.Read .NET takes a shared lock on Unix, which two writers can hold at once.
            return new RunFolder(path, new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.None), isNew);
        }
        catch (IOException error) when (FileTrouble.IsLocked(error))
        {
            throw new UsageException($"The run folder '{path}' is in use by another process.", "Wait for it to end, or name another folder with --out.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            (string message, string hint) = FileTrouble.Explain(error);
            throw new UsageException($"The run folder '{path}' cannot be written. {message}", hint, error);
        }
    }

    /// <summary>Adds a line to <c>log.txt</c>, with the time.</summary>
    internal void Log(string line)
    {
        _log.Write(System.Text.Encoding.UTF8.GetBytes($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z {line}\n"));
        _log.Flush();
    }

    public void Dispose() => _log.Dispose();

    private string In(string name) => System.IO.Path.Combine(Path, name);

    // A start that was killed before it wrote its configuration leaves these behind; they are no one's work.
    private static bool IsLeftover(string entry) =>
        System.IO.Path.GetFileName(entry) is "log.txt" || entry.EndsWith(AtomicFile.PartEnding, StringComparison.Ordinal)
        || (System.IO.Path.GetFileName(entry) is "checkpoint" && Directory.Exists(entry) && !Directory.EnumerateFileSystemEntries(entry).Any());

    private static void RefuseForeign(string path)
    {
        if (File.Exists(path)) throw new UsageException($"'{path}' is a file; a run needs a folder.", "Name another folder with --out.");
        if (!Directory.Exists(path)) return;
        string? foreign = Directory.EnumerateFileSystemEntries(path).FirstOrDefault(entry => !IsLeftover(entry));
        if (foreign is not null)
        {
            throw new UsageException($"The folder '{path}' is not empty and holds no run (it holds '{System.IO.Path.GetFileName(foreign)}').", "Name an empty or a new folder with --out.");
        }
    }

    private static void RefuseOther(string path, string configuration, string command, object options, bool resume)
    {
        IReadOnlyList<string> differences = RunConfiguration.Differences(configuration, command, options);
        if (differences.Count > 0)
        {
            throw new UsageException($"The folder '{path}' holds another run: {string.Join("; ", differences)}.", "Name another folder with --out, or give the options of that run.");
        }

        if (!resume) throw new UsageException($"The folder '{path}' already holds this run.", "Add --resume to go on with it, or name another folder with --out.");
    }
}
