using Sharpless.Experiments.Sparse;
using Sharpless.Training;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>Says under a table or figure where its numbers come from.</summary>
/// <param name="run">The run.</param>
/// <param name="folder">Folder of the page; links are relative to it.</param>
internal sealed class SparseSource(RecordedSparseRun run, string folder)
{
    /// <summary>Seeds, spread, commit, device, versions, and a link to the raw data.</summary>
    /// <param name="cells">The cells that are shown.</param>
    public Html Of(IReadOnlyList<SparseCell> cells) => Line($"{Seeds(cells)}; ± is the sample standard deviation over them", SparseCells.FileName);

    /// <summary>The same for the theory check.</summary>
    public Html OfTheory(TheoryCheck theory) => Line($"n = 1 network, seed {theory.Seed}", TheoryCheck.FileName);

    /// <summary>"n = 5 seeds (0, 1, 2, 3, 4)".</summary>
    public static string Seeds(IReadOnlyList<SparseCell> cells)
    {
        long[] seeds = [.. cells.Select(cell => (long)cell.Seed).Distinct().Order()];
        string names = string.Join(", ", seeds.Take(10)) + (seeds.Length > 10 ? ", ..." : "");
        return seeds.Length == 1 ? $"n = 1 seed ({names})" : $"n = {seeds.Length} seeds ({names})";
    }

    private Html Line(string what, string file) =>
        Html.Of($"<p class=\"source\">{what}. {string.Join(" · ", Place())} · raw data: {Provenance.Link(Path.Combine(run.Folder, file), folder, file)}</p>");

    private IEnumerable<string> Place()
    {
        RecordedConfiguration configuration = run.Configuration;
        yield return $"Sharpless {configuration.Version}";
        foreach (string name in new[] { "commit", "device", "libtorch" })
            yield return $"{name} {configuration.Environment.GetValueOrDefault(name, "unknown")}";
    }
}
