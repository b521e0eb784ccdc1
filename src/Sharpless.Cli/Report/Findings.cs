using System.Globalization;

namespace Sharpless.Cli.Report;

/// <summary>Says in words what the numbers of a group show, and what they cannot show.</summary>
internal static class Findings
{
    /// <summary>Sentences in plain text, most important first.</summary>
    public static IReadOnlyList<string> Of(RunGroup group) => [.. (group.Settings.Count < 2 ? OfOneSetting(group) : OfTheEnds(group)), .. Unfinished(group)];

    private static IEnumerable<string> OfOneSetting(RunGroup group)
    {
        Setting setting = group.Settings[0];
        if (setting.Latest(Quantity.TestError.Column) is { } error)
            yield return $"With {setting.Name} the test error is {Format.Value(error, Unit.Percent)}.";
        yield return $"{setting.Name} is the only radius here, so nothing can be said about the effect of ρ. Train with another --sam-rho and report the runs together.";
    }

    private static IEnumerable<string> OfTheEnds(RunGroup group)
    {
        Setting low = group.Settings[0], high = group.Settings[^1];
        Setting[] inner =
            [.. group.Settings.Skip(1).SkipLast(1).Where(setting => setting.Latest(Quantity.TestError.Column) is { IsFinite: true })];
        IReadOnlyList<Change> rank = Changes(Quantity.FeatureRank), test = Changes(Quantity.TestError), knn = Changes(Quantity.KnnError);
        // The lowest test error is chosen among all inner settings, so each of them is looked at, against both ends.
        PairedDifference[] looks =
        [
            .. test.Count == 0 ? [] : inner.SelectMany(setting => Against(setting, low, high)),
            .. rank.Concat(test).Concat(knn).Select(change => change.Difference).OfType<PairedDifference>(),
        ];
        int judged = looks.Count(look => look.IsJudged);
        (rank, test, knn) = (Among(rank), Among(test), Among(knn));

        if (rank.Count > 0) yield return $"From {low.Name} to {high.Name} the feature rank {InWords(rank)}.";
        if (test.Count > 0) yield return $"The test error {InWords(test)}.{LowestTestError(inner, low, high, judged)}";
        if (knn.Count > 0) yield return $"The {group.NameOf(Quantity.KnnError)} {InWords(knn)}.";
        yield return Certainty([.. rank, .. test, .. knn], judged);
        foreach (Setting setting in group.Settings.Where(setting => setting.Latest(Quantity.TrainLoss.Column) is { IsFinite: false }))
            yield return $"Training diverged at {setting.Name}: the train loss is not finite.";

        IReadOnlyList<Change> Changes(Quantity quantity) => Change.Between(low, high, quantity, group.Taps);
        IReadOnlyList<Change> Among(IReadOnlyList<Change> changes) =>
            [.. changes.Select(change => change with { Difference = change.Difference?.Among(judged) })];
    }

    // "falls at 2 of 3 taps (...), rises at ...", or "falls (...)" for a single place.
    private static string InWords(IReadOnlyList<Change> changes)
    {
        var ways = Change.Ways.Select(way => (Way: way, Changes: changes.Where(change => change.Way == way).ToList()));
        return string.Join(", ", ways.Where(way => way.Changes.Count > 0).Select(way =>
        {
            string where = changes.Count > 1 ? $" at {way.Changes.Count} of {changes.Count} taps" : "";
            return $"{way.Way}{where} ({string.Join("; ", way.Changes)})";
        }));
    }

    // The ends alone would hide an optimum between them.
    private static string LowestTestError(IReadOnlyList<Setting> inner, Setting low, Setting high, int judged)
    {
        string column = Quantity.TestError.Column;
        if (inner.MinBy(setting => setting.Latest(column)!.Mean) is not { } lowest) return "";
        Statistic error = lowest.Latest(column)!;
        if (error.Mean >= low.Latest(column)!.Mean || error.Mean >= high.Latest(column)!.Mean) return "";
        PairedDifference[] differences = [.. Against(lowest, low, high).Select(difference => difference.Among(judged))];
        bool isTold = differences.Length == 2 && differences.All(difference => difference.IsBelow);
        string intervals = string.Join(" and ", differences.Where(difference => difference.IsJudged));
        return $" Its mean is lowest at {lowest.Name}, {Format.Value(error, Unit.Percent)}: "
            + $"{(isTold ? "below" : "not told apart from")} both ends{(intervals.Length > 0 ? $" ({intervals} points)" : "")}.";
    }

    private static IEnumerable<PairedDifference> Against(Setting setting, Setting low, Setting high) =>
        new[] { low, high }.Select(end => setting.Against(end, Quantity.TestError.Column, Unit.Percent)).OfType<PairedDifference>();

    private static string Certainty(IReadOnlyList<Change> changes, int judged)
    {
        if (changes.Count == 0) return "The smallest and the largest ρ have no measured quantity in common yet.";
        if (changes.Any(change => change.Difference is not { IsJudged: true }))
        {
            return "Not every ρ has the same two seeds or more, so an effect of ρ cannot be told from chance: "
                + "repeat the runs with more seeds, the same for each ρ.";
        }

        int clear = changes.Count(change => change.Difference is { IsBelow: true } or { IsAbove: true });
        return string.Create(CultureInfo.InvariantCulture, $"{clear} of these {changes.Count} differences leave 0 out")
            + $"{(clear < changes.Count ? "; the others may be chance" : "")}. "
            + $"In brackets: {PairedDifference.Method(judged)}; those of errors in points of percent.";
    }

    private static IEnumerable<string> Unfinished(RunGroup group)
    {
        int unfinished = group.Runs.Count(run => !run.IsFinished);
        if (unfinished > 0)
            yield return $"Unfinished: {unfinished} of {group.Runs.Count()} runs. They count, with their latest evaluation, only where no seed of the same ρ has finished.";
    }
}
