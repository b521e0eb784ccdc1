using Sharpless.Cli.Commands;
using Sharpless.Cli.Hosting;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Report.Pretrained;

/// <summary>Writes what was measured of published checkpoints: a page for people and a JSON file for programs.</summary>
internal static class PretrainedReport
{
    /// <summary>Name of the file with the numbers.</summary>
    internal const string DataFile = "pretrained-rank.json";

    /// <summary>Fills a folder.</summary>
    /// <param name="folder">New or empty.</param>
    /// <param name="outcomes">At least one.</param>
    /// <returns>Path of the page.</returns>
    internal static string Write(string folder, IReadOnlyList<PretrainedRankOutcome> outcomes)
    {
        Directory.CreateDirectory(folder);
        using var data = new StringWriter();
        JsonOutput.Write(new Dictionary<string, object> { ["checkpoints"] = outcomes.Select(outcome => outcome.Document) }, data);
        AtomicFile.WriteAllText(Path.Combine(folder, DataFile), data.ToString());
        string page = Path.Combine(folder, "report.html");
        AtomicFile.WriteAllText(page, PretrainedPage.Render(outcomes, Path.GetFullPath(folder)));
        return page;
    }
}
