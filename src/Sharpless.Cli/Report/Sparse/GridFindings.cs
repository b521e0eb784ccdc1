using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>Says in words where SAM is above, beside or below SGD, and whether a flat dense network prunes better.</summary>
internal static class GridFindings
{
    /// <summary>Sentences in plain text: how often, and what that is worth.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<GridPanel> panels)
    {
        (string Subject, Comparison[] Comparisons)[] topics =
        [
            .. panels.Select(panel => ($"{panel.Name}: SAM against SGD, over all fractions and ρ", AgainstSgd(panel).ToArray())),
            ("Train flat, then prune: a dense phase with SAM against one with SGD, everything else equal", [.. FlatFirst(panels)]),
        ];
        return [.. topics.Where(topic => topic.Comparisons.Length > 0).Select(topic => Count(topic.Subject, topic.Comparisons)), .. Certainty([.. topics.SelectMany(topic => topic.Comparisons)])];
    }

    /// <summary>Differences of SAM from SGD in a panel that are looked at together: over all fractions and ρ.</summary>
    public static int ComparisonsOf(GridPanel panel) => Judged(Raw(panel, AccuracyMeasure.All));

    /// <summary>Sentences in plain text: at which fractions, by how much.</summary>
    public static IReadOnlyList<string> InDetail(IReadOnlyList<GridPanel> panels)
    {
        return [.. panels.SelectMany(AgainstSgd).Concat(FlatFirst(panels)).Select(comparison => comparison.Sentence)];
    }

    private static string Count(string subject, Comparison[] comparisons)
    {
        PairedDifference[] differences = [.. comparisons.SelectMany(comparison => comparison.Differences).Select(item => item.Difference)];
        int above = differences.Count(difference => difference.IsAbove), below = differences.Count(difference => difference.IsBelow);
        return $"{subject}: above in {above}, below in {below}, not told apart in {differences.Length - above - below} of {differences.Length} comparisons.";
    }

    private static IEnumerable<Comparison> AgainstSgd(GridPanel panel) => Together(Raw(panel, AccuracyMeasure.All));

    // 'Train flat, then prune': the same fine-tuning after a dense phase with SAM and after one with SGD.
    private static IEnumerable<Comparison> FlatFirst(IReadOnlyList<GridPanel> panels) => Together(RawFlatFirst(panels, AccuracyMeasure.All));

    // The intervals of one topic hold together.
    private static IEnumerable<Comparison> Together(IEnumerable<Comparison> topic)
    {
        Comparison[] all = [.. topic];
        int judged = Judged(all);
        return all.Select(comparison => comparison with { Differences = [.. comparison.Differences.Select(item => (item.Fraction, item.Difference.Among(judged)))] });
    }

    private static int Judged(IEnumerable<Comparison> comparisons) => comparisons.Sum(comparison => comparison.Differences.Count(item => item.Difference.IsJudged));

    private static IEnumerable<Comparison> Raw(GridPanel panel, AccuracyMeasure measure)
    {
        var sgd = new GridLine("sgd", null);
        foreach (GridLine sam in panel.Lines.Where(line => line.Arm == "sam"))
        {
            yield return new Comparison(
                $"{panel.Name}: {sam.Name} against SGD", Differences(panel.Fractions, fraction => (panel.At(sam, fraction), panel.At(sgd, fraction)), measure));
        }
    }

    private static IEnumerable<Comparison> RawFlatFirst(IReadOnlyList<GridPanel> panels, AccuracyMeasure measure)
    {
        foreach (GridPanel flat in panels.Where(panel => panel.Dense == "sam"))
        {
            if (panels.FirstOrDefault(panel => panel.Dense == "sgd" && panel.Title == flat.Title.Replace("with SAM", "with SGD", StringComparison.Ordinal)) is not { } sharp) continue;
            foreach (GridLine line in flat.Lines.Intersect(sharp.Lines).Where(line => line.Arm != "dense"))
            {
                // At equal compute only SGD's cells are others than at equal epochs.
                if (flat.Compute == SparseGrid.EqualGradients && line.Arm != "sgd") continue;
                yield return new Comparison(
                    $"Train flat, then prune ({(line.IsFineTuned ? $"{(flat.Compute == SparseGrid.EqualGradients ? "equal compute" : $"equal {flat.Compute}")}, fine-tuned with {line.Name}" : line.Name)}): the dense phase with SAM against the one with SGD",
                    Differences(flat.Fractions, fraction => (flat.At(line, fraction), sharp.At(line, fraction)), measure));
            }
        }
    }

    private static (double Fraction, PairedDifference Difference)[] Differences(
        IReadOnlyList<double> fractions, Func<double, (IReadOnlyList<SparseCell> First, IReadOnlyList<SparseCell> Second)> at, AccuracyMeasure measure) =>
        [.. fractions.Select(fraction => (fraction, PairedDifference.Of(measure.BySeed(at(fraction).First), measure.BySeed(at(fraction).Second))))
            .Where(item => item.Item2 is not null).Select(item => (item.fraction, item.Item2!))];

    private static IEnumerable<string> Certainty(Comparison[] comparisons)
    {
        PairedDifference[] judged = [.. comparisons.SelectMany(comparison => comparison.Differences).Select(item => item.Difference).Where(difference => difference.IsJudged)];
        if (judged.Length == 0)
        {
            if (comparisons.Length > 0) yield return "With one seed no difference can be told from chance: run more --seeds.";
            yield break;
        }

        int[] counts = [.. judged.Select(difference => difference.Count).Distinct().Order()];
        yield return $"Accuracies on {AccuracyMeasure.All.Name}. Above and below: the t-interval of the paired difference over {string.Join(" or ", counts)} seeds leaves 0 out, where the intervals of each sentence above hold together with 95 % (Bonferroni).";
    }

    // One pair of lines over all fractions.
    private sealed record Comparison(string Subject, (double Fraction, PairedDifference Difference)[] Differences)
    {
        public string Sentence
        {
            get
            {
                if (Differences.Length == 0) return $"{Subject}: no fraction and seed in common yet.";
                (string Name, (double Fraction, PairedDifference Difference)[] At)[] ways =
                [
                    ("above", Where(difference => difference.IsAbove)), ("below", Where(difference => difference.IsBelow)),
                    ("not told apart", Where(difference => difference is { HalfWidth: not null, IsAbove: false, IsBelow: false })),
                    ("one seed only", Where(difference => difference.HalfWidth is null && double.IsFinite(difference.Mean))), ("not finite", Where(difference => !double.IsFinite(difference.Mean))),
                ];
                // The difference itself is said where it is one.
                return $"{Subject}: {string.Join("; ", ways.Where(way => way.At.Length > 0).Select(way =>
                    $"{way.Name} at {string.Join(", ", way.At.Select(item => way.Name is "above" or "below" ? $"{Fraction.Text(item.Fraction)} ({item.Difference})" : Fraction.Text(item.Fraction)))}"))}.";
            }
        }

        private (double, PairedDifference)[] Where(Func<PairedDifference, bool> condition) => [.. Differences.Where(item => condition(item.Difference))];
    }
}
