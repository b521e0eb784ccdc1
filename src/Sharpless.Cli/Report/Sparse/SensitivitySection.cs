using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>The sensitivity scan on the page: accuracy as one tensor at a time is pruned, nothing trained after.</summary>
internal static class SensitivitySection
{
    /// <summary>The section.</summary>
    /// <param name="cells">At least one cell of the scan.</param>
    /// <param name="id">Unique on the page.</param>
    /// <param name="source">Says where the numbers come from.</param>
    public static PageSection Of(IReadOnlyList<SparseCell> cells, string id, SparseSource source)
    {
        AccuracyMeasure measure = AccuracyMeasure.All;
        string[] tensors = [.. cells.Select(cell => cell.Tensor ?? "").Distinct()];
        double[] fractions = [.. cells.Select(cell => cell.Amount).Distinct().Order()];
        Html from = source.Of(cells);
        PlotGroup group = new(id, tensors, Plots());
        return new PageSection(
            PageSection.Frame("Which layer bears pruning", Findings(), PageSection.FiguresOf(group, $"One tensor pruned, nothing trained after, {measure.Name}", from), Table()),
            [group]);

        Statistic? At(string tensor, double fraction) => measure.Over(cells.Where(cell => cell.Tensor == tensor && cell.Amount == fraction));

        (string Tensor, Statistic Mean)[] Measured(double fraction) =>
            [.. tensors.Select(tensor => (tensor, At(tensor, fraction))).Where(item => item.Item2 is { IsFinite: true }).Select(item => (item.tensor, item.Item2!))];

        IReadOnlyList<Plot> Plots() => !cells.Any(cell => double.IsFinite(measure.Of(cell))) ? [] :
        [
            new Plot(
                $"{id}-scan", "line", "Accuracy against the pruned fraction of one tensor", $"Mean ± sample standard deviation. {SparseSource.Seeds(cells)}.",
                new Axis("pruned fraction of the tensor", Logarithmic: false, Unit.Percent), new Axis("test accuracy", Logarithmic: false, Unit.Percent),
                new Dictionary<string, IReadOnlyList<Series>>
                {
                    [""] = [.. tensors.Select((tensor, setting) => new Series(setting, [.. fractions.SelectMany(fraction => Point.Mean(fraction, At(tensor, fraction)))], []))],
                }),
        ];

        Html Table() => PageSection.Table(
            $"Test accuracy on {measure.Name}, %, mean ± standard deviation (n)",
            Html.Of($"<tr><th scope=\"col\">pruned</th>{Html.Each(tensors, tensor => $"<th scope=\"col\">{tensor}</th>")}</tr>"),
            fractions.Select(fraction => Html.Of($"""<tr><th scope="row">{Fraction.Text(fraction)}</th>{Html.Each(tensors, tensor => $"<td>{Cell(At(tensor, fraction))}</td>")}</tr>""")), from);

        IEnumerable<string> Findings()
        {
            // At the ends all tensors agree: nothing is pruned, or everything.
            (double Fraction, (string Tensor, Statistic Mean)[] Means)[] inner = [.. fractions.Where(fraction => fraction is > 0 and < 1)
                .Select(fraction => (fraction, Measured(fraction))).Where(item => item.Item2.Length > 1)];
            if (inner.Length == 0) yield break;
            string[] lowest = [.. inner.GroupBy(item => Lowest(item.Means)).OrderByDescending(group => group.Count()).Select(group => $"{group.Key} pruned at {group.Count()}")];
            yield return $"Of {inner.Length} fractions between 0 and 100 % the mean accuracy is lowest with {string.Join(", with ", lowest)}.{Apart(inner)}";
            (double Fraction, (string Tensor, Statistic Mean)[] Means) widest = inner.MaxBy(item => item.Means.Max(mean => mean.Mean.Mean) - item.Means.Min(mean => mean.Mean.Mean));
            yield return $"The tensors differ most at {Fraction.Text(widest.Fraction)}: {string.Join(", ", widest.Means.OrderBy(mean => mean.Mean.Mean).Select(mean => $"{mean.Tensor} {Format.Value(mean.Mean, Unit.Percent)}"))}.";
            if (cells.Select(cell => cell.Seed).Distinct().Count() == 1) yield return "One seed only: which layer comes first may be chance.";
        }

        // The lowest of several means is always some tensor; its intervals say whether seeds alone would choose another.
        string Apart((double Fraction, (string Tensor, Statistic Mean)[] Means)[] inner)
        {
            (double Fraction, PairedDifference Difference)[] all = [.. inner.SelectMany(item => item.Means.Where(mean => mean.Tensor != Lowest(item.Means))
                .Select(mean => (item.Fraction, Difference: PairedDifference.Of(BySeed(Lowest(item.Means), item.Fraction), BySeed(mean.Tensor, item.Fraction)))).Where(pair => pair.Difference is { IsJudged: true }).Select(pair => (pair.Fraction, pair.Difference!)))];
            if (all.Length == 0) return "";
            int apart = all.GroupBy(pair => pair.Fraction).Count(fraction => fraction.All(pair => pair.Difference.Among(all.Length).IsBelow));
            return $" At {apart} of them it is told apart from every other tensor ({PairedDifference.Method(all.Length)}).";
        }

        static string Lowest((string Tensor, Statistic Mean)[] means) => means.MinBy(mean => mean.Mean.Mean).Tensor;

        IReadOnlyDictionary<long, double> BySeed(string tensor, double fraction) => measure.BySeed(cells.Where(cell => cell.Tensor == tensor && cell.Amount == fraction));
    }

    private static string Cell(Statistic? statistic) => statistic is null ? Format.Missing : $"{Format.Cell(statistic, Unit.Percent)} ({statistic.Count})";
}
