using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>The grid on the page: accuracy against sparsity, by optimizer and ρ.</summary>
internal static class GridSection
{
    /// <summary>The section.</summary>
    /// <param name="cells">Cells of the grid, at least one of them pruned.</param>
    /// <param name="id">Unique on the page.</param>
    /// <param name="source">Says where the numbers come from.</param>
    public static PageSection Of(IReadOnlyList<SparseCell> cells, string id, SparseSource source)
    {
        IReadOnlyList<GridPanel> panels = GridPanel.Of(cells);
        AccuracyMeasure measure = AccuracyMeasure.All;
        Html from = source.Of(cells);
        PlotGroup group = Plots(panels, measure, id);
        return new PageSection(
            PageSection.Frame(
                "Accuracy against sparsity", GridFindings.Of(panels),
                [Detail(GridFindings.InDetail(panels)), PageSection.FiguresOf(group, $"Test accuracy after fine-tuning, {measure.Name}", from), .. panels.Select(panel => Table(panel, measure, from))]),
            [group]);
    }

    private static Html Detail(IReadOnlyList<string> sentences) => Html.Of($"""
        <details class="card"><summary>At which fractions, and by how much</summary>
        {Html.Each(sentences, sentence => $"<p>{sentence}</p>")}
        </details>
        """);

    private static PlotGroup Plots(IReadOnlyList<GridPanel> panels, AccuracyMeasure measure, string id)
    {
        GridLine[] lines = [.. GridLine.AllOf(panels.SelectMany(panel => panel.Cells)).Where(line => line.IsFineTuned)];
        double[] range = [.. panels.SelectMany(panel => lines.SelectMany(line => panel.Fractions.Select(fraction => measure.Over(panel.At(line, fraction))))).OfType<Statistic>()
            .Where(mean => mean.IsFinite).SelectMany(mean => new[] { mean.Mean - (mean.Deviation ?? 0), mean.Mean + (mean.Deviation ?? 0) })];
        Plot[] plots = range.Length == 0 ? [] : [.. panels.Select((panel, number) => new Plot(
            $"{id}-{number + 1}", "depth", panel.Name,
            $"Mean ± sample standard deviation. {SparseSource.Seeds(panel.Cells)}. The axis does not start at 0.",
            new Axis("sparsity (evenly spaced, not to scale)", Logarithmic: false, Unit.Number, [.. panel.Fractions.Select(Fraction.Text)]),
            new Axis("test accuracy", Logarithmic: false, Unit.Percent, Range: [range.Min(), range.Max()]),
            new Dictionary<string, IReadOnlyList<Series>>
            {
                [""] = [.. lines.Select((line, setting) => new Series(setting, [.. panel.Fractions.SelectMany((fraction, x) => Point.Mean(x, measure.Over(panel.At(line, fraction))))], []))],
            }))];
        return new PlotGroup(id, [.. lines.Select(line => line.Name)], plots);
    }

    private static Html Table(GridPanel panel, AccuracyMeasure measure, Html source)
    {
        int comparisons = GridFindings.ComparisonsOf(panel);
        IReadOnlyList<GridLine> lines = panel.Lines;
        GridLine[] sam = [.. lines.Where(line => line.Arm == "sam")];
        var sgd = new GridLine("sgd", null);
        Html head = Html.Of($"""
            <tr><th scope="col">sparsity</th>{Html.Each(lines, line => $"<th scope=\"col\">{line.Name}, %</th>")}{Html.Each(sam, line => $"<th scope=\"col\">{line.Name} − SGD, points</th>")}</tr>
            """);
        return PageSection.Table(
            $"{panel.Name}: test accuracy on {measure.Name}, mean ± standard deviation (n); differences with their {PairedDifference.Method(Math.Max(1, comparisons))}",
            head, panel.Fractions.Select(Row), source);

        Html Row(double fraction) => Html.Of($"""
            <tr><th scope="row">{Fraction.Text(fraction)}</th>{Html.Each(lines, line => $"<td>{Cell(measure.Over(panel.At(line, fraction)))}</td>")}{Html.Each(sam, line => $"<td>{PairedDifference.Of(measure.BySeed(panel.At(line, fraction)), measure.BySeed(panel.At(sgd, fraction)))?.Among(comparisons).ToString() ?? Format.Missing}</td>")}</tr>
            """);
    }

    private static string Cell(Statistic? statistic) => statistic is null ? Format.Missing : $"{Format.Cell(statistic, Unit.Percent)} ({statistic.Count})";
}
