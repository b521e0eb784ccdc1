using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Cli.Report.Contrastive;

/// <summary>Writes the report of <c>sharpless contrast</c> runs: one HTML file that needs nothing but a browser, also without a network.</summary>
internal static class ContrastiveReport
{
    private const string Command = "contrast";

    /// <summary>Whether a folder is such a run.</summary>
    public static bool IsFor(string folder)
    {
        string configuration = Path.Combine(folder, "config.json");
        return File.Exists(configuration) && RecordedConfiguration.Load(configuration).Command == Command;
    }

    /// <summary>Looks at the layers of finished runs whose pictures are there, and writes the report; it appears whole or not at all.</summary>
    /// <param name="folders">The runs, at least one.</param>
    /// <param name="path">The file; an older report there is replaced. Links to the runs are relative to its folder.</param>
    /// <param name="dataFolder">Where data sets are; null for the default.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="tell">Told what is being done.</param>
    /// <exception cref="UsageException">A folder is no run.</exception>
    /// <exception cref="InvalidDataException">A file of a run is malformed.</exception>
    public static void Write(IReadOnlyList<string> folders, string path, string? dataFolder, Device device, Action<string> tell)
    {
        RunRecord[] runs = [.. folders.Select(RunRecord.Load)];
        List<string> remarks = [];
        ContrastiveRecord[] records = [.. runs.Select(run => new ContrastiveRecord(run, Measure(run)))];
        string file = Path.GetFullPath(path), place = Path.GetDirectoryName(file)!;
        Directory.CreateDirectory(place);
        AtomicFile.WriteAllText(file, ContrastivePage.Render(records, [.. remarks.Distinct()], place));

        // The rest of the page does not depend on it.
        LayerMeasurement? Measure(RunRecord run)
        {
            if (!run.IsFinished)
            {
                remarks.Add($"The layers of {run.Folder} are not shown: the run is not finished.");
                return null;
            }
            tell($"looking at the layers of {run.Folder}");
            try
            {
                return LayerMeasurement.Of(run.Folder, dataFolder, device);
            }
            catch (UsageException error)
            {
                remarks.Add($"The layers of {run.Folder} are not shown: {error.Message} {error.Hint}");
                return null;
            }
        }
    }
}
