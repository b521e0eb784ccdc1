using Sharpless.Torch.Files;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>Writes the report of a <c>sharpless sparse</c> run: one HTML file that needs nothing but a browser, also without a network.</summary>
internal static class SparseReport
{
    /// <summary>Whether a folder is the run of a <c>sparse</c> command, for which <see cref="Write"/> is made.</summary>
    public static bool IsFor(string folder) => RecordedSparseRun.IsAt(folder);

    /// <summary>Writes the report of what the run has so far; it appears whole or not at all.</summary>
    /// <param name="folder">The run: <c>config.json</c>, <c>cells.jsonl</c> and, where there was one, <c>theory.json</c>.</param>
    /// <param name="path">The file; an older report there is replaced. Links to raw data are relative to its folder.</param>
    /// <exception cref="UsageException">There is no such folder, it is no run, or it holds no finished cell yet.</exception>
    /// <exception cref="InvalidDataException">A file of the run is malformed. The message names file and place.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string folder, string path)
    {
        RecordedSparseRun run = RecordedSparseRun.Load(folder);
        string file = Path.GetFullPath(path), place = Path.GetDirectoryName(file)!;
        Directory.CreateDirectory(place);
        AtomicFile.WriteAllText(file, SparsePage.Render(run, place));
    }
}
