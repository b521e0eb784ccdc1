using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Cli.Report;

/// <summary>Writes the report of one or several runs: one HTML file that needs nothing but a browser, also without a network.</summary>
internal static class ReportWriter
{
    /// <summary>Writes the report; it appears whole or not at all.</summary>
    /// <param name="runs">At least one run, in any order; runs that differ in ρ and seed only are compared with each other.</param>
    /// <param name="path">The file; an older report there is replaced. Links to the runs are relative to its folder.</param>
    /// <param name="options">Defaults where null.</param>
    /// <exception cref="ArgumentException">No runs.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(IReadOnlyList<RunRecord> runs, string path, ReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Count == 0) throw new ArgumentException("A report needs at least one run.", nameof(runs));

        string file = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(file)!;
        Directory.CreateDirectory(folder);
        AtomicFile.WriteAllText(file, ReportPage.Render(runs, folder, options ?? new ReportOptions()));
    }
}
