using Sharpless.Experiments.TwoLayer;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Cli.Report.TwoLayer;

/// <summary>Writes the report of <c>sharpless two-layer</c>: one HTML file that needs nothing but a browser, also without a network.</summary>
internal static class TwoLayerReport
{
    /// <summary>Writes <c>report.html</c> into the folder of a run; it appears whole or not at all.</summary>
    /// <param name="run">What to show.</param>
    /// <param name="folder">Of the run, with its <c>config.json</c>.</param>
    /// <returns>Path of the report.</returns>
    public static string Write(TwoLayerRun run, string folder)
    {
        string path = Path.Combine(folder, "report.html");
        AtomicFile.WriteAllText(path, TwoLayerPage.Render(run, RecordedConfiguration.Load(Path.Combine(folder, "config.json")), Path.GetFullPath(folder)));
        return path;
    }
}
