using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Cli.Report.TwoLayer;

/// <summary>The published results on the page: stored value, ours, difference, and what rounding does to them.</summary>
internal static class PublishedSection
{
    private static readonly (string Name, Func<PublishedStudent, double> There, Func<StudentMetrics, double> Here, bool IsRelative)[] Quantities =
    [
        ("train loss", there => there.TrainLoss, here => here.TrainLoss, true),
        ("test loss", there => there.TestLoss, here => here.TestLoss, true),
        ("norm", there => there.L2, here => here.L2, true),
        ("rank", there => there.FeatureRank, here => here.FeatureRank, false),
        ("active", there => there.ActiveUnits, here => here.ActiveUnits, false),
        ("distinct", there => there.DistinctUnits, here => here.DistinctUnits, false),
    ];

    /// <summary>The section; nothing where there is nothing to compare.</summary>
    public static Html Of(TwoLayerRun run, Html source)
    {
        IReadOnlyList<PublishedComparison> rows = run.Comparisons;
        return rows.Count == 0 ? Html.Empty : PageSection.Frame(
            "Beside the published results", Findings(rows),
            PageSection.Table(
                $"Seed {TwoLayerOptions.PublishedSeed}, update {Format.Grouped(PublishedStudent.LastEvaluation)}, published definitions: published, here, difference (losses and norm relative); below it the range over perturbed starts",
                Html.Of($"""<tr><th scope="col"></th>{Html.Each(Quantities, quantity => $"<th scope=\"col\">{quantity.Name}</th><th scope=\"col\">here</th><th scope=\"col\">difference</th>")}<th scope="col">within tolerance</th></tr>"""),
                rows.SelectMany(Lines), source));
    }

    private static IEnumerable<string> Findings(IReadOnlyList<PublishedComparison> rows)
    {
        PublishedComparison[] missed = [.. rows.Where(row => row.Misses.Count > 0)], chaotic = [.. rows.Where(row => row.PerturbedMisses > 0)];
        yield return $"{rows.Count - missed.Length} of {rows.Count} stored rows are met: rank equal, active units within 3, distinct units within 2, losses and norm within 2 %; absolute value within 1, 4, 8 and a factor of 1.5.";
        if (missed.Length > 0) yield return $"Not met: {string.Join("; ", missed.Select(row => $"{Name(row)} ({string.Join(", ", row.Misses)})"))}.";
        if (chaotic.Length > 0)
        {
            yield return $"Decided by rounding: {string.Join(", ", chaotic.Select(row => $"{Name(row)} ({row.PerturbedMisses} of {row.Perturbed.Count} starts that differ by 1e-7 miss a tolerance)"))}. "
                + "These rows are chaotic; agreement with one stored run is luck there.";
        }
    }

    private static string Name(PublishedComparison row) => $"{row.Published.Experiment} {Format.Plain(row.Published.Value)}";

    private static IEnumerable<Html> Lines(PublishedComparison row)
    {
        yield return Html.Of($"""
            <tr><th scope="row">{Name(row)}</th>{Html.Each(Quantities, quantity => Cells(quantity.There(row.Published), quantity.Here(row.Here), quantity.IsRelative))}<td>{(row.Misses.Count == 0 ? "yes" : "no")}</td></tr>
            """);
        if (row.Perturbed.Count > 0)
        {
            yield return Html.Of($"""
                <tr><td>perturbed</td>{Html.Each(Quantities, quantity => $"<td></td><td>{Range([.. row.Perturbed.Select(quantity.Here)])}</td><td></td>")}<td>{row.Perturbed.Count - row.PerturbedMisses} of {row.Perturbed.Count}</td></tr>
                """);
        }
    }

    private static FormattableString Cells(double there, double here, bool isRelative) =>
        $"<td>{Number(there)}</td><td>{Number(here)}</td><td>{(isRelative ? Format.Signed(here / there - 1, Unit.Percent) : Format.Signed(here - there, Unit.Count))}</td>";

    private static string Range(double[] values) => values.All(double.IsFinite) ? $"{Number(values.Min())} to {Number(values.Max())}" : "not finite";

    private static string Number(double value) => Format.Value(value, Unit.Number);
}
