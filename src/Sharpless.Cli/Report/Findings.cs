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
        IReadOnlyList<Change> rank = Changes(Quantity.FeatureRank), test = Changes(Quantity.TestError), knn = Changes(Quantity.KnnError);
        if (rank.Count > 0) yield return $"From {low.Name} to {high.Name} the feature rank {InWords(rank)}.";
        if (test.Count > 0) yield return $"The test error {InWords(test)}.{LowestTestError(group)}";
        if (knn.Count > 0) yield return $"The {group.NameOf(Quantity.KnnError)} {InWords(knn)}.";
        yield return Certainty([.. rank, .. test, .. knn]);
        foreach (Setting setting in group.Settings.Where(setting => setting.Latest(Quantity.TrainLoss.Column) is { IsFinite: false }))
            yield return $"Training diverged at {setting.Name}: the train loss is not finite.";

        IReadOnlyList<Change> Changes(Quantity quantity) => Change.Between(low, high, quantity, group.Taps);
    }

    // "falls at 2 of 3 taps (...), rises at ...", or "falls: ..." for a single place.
    private static string InWords(IReadOnlyList<Change> changes)
    {
        var ways = new[] { ("falls", -1), ("rises", 1), ("stays equal", 0) }
            .Select(way => (verb: way.Item1, changes: changes.Where(change => Math.Sign(change.Difference) == way.Item2).ToList()))
            .Where(way => way.changes.Count > 0)
            .Select(way => $"{way.verb}{(changes.Count > 1 ? $" at {way.changes.Count} of {changes.Count} taps" : "")} ({string.Join(", ", way.changes)})");
        return string.Join(", ", ways);
    }

    // The ends alone would hide an optimum between them.
    private static string LowestTestError(RunGroup group)
    {
        var measured = group.Settings.Select(setting => (setting, error: setting.Latest(Quantity.TestError.Column))).Where(pair => pair.error is { IsFinite: true });
        (Setting setting, Statistic? error) lowest = measured.MinBy(pair => pair.error!.Mean);
        bool between = lowest.setting != group.Settings[0] && lowest.setting != group.Settings[^1];
        return between ? $" It is lowest at {lowest.setting.Name}: {Format.Value(lowest.error, Unit.Percent)}." : "";
    }

    private static string Certainty(List<Change> changes)
    {
        if (changes.Count == 0) return "The smallest and the largest ρ have no measured quantity in common yet.";
        if (changes.Any(change => change.StandardError is null))
            return "Not every value is a mean over several seeds, so an effect of ρ cannot be told from chance: repeat the runs with more seeds.";
        int clear = changes.Count(change => Math.Abs(change.Difference) > 2 * change.StandardError);
        return string.Create(CultureInfo.InvariantCulture,
            $"{clear} of these {changes.Count} differences exceed twice their standard error over the seeds{(clear < changes.Count ? "; the others may be chance" : "")}.");
    }

    private static IEnumerable<string> Unfinished(RunGroup group)
    {
        int unfinished = group.Runs.Count(run => !run.IsFinished);
        if (unfinished > 0)
            yield return $"Unfinished: {unfinished} of {group.Runs.Count()} runs. They count, with their latest evaluation, only where no seed of the same ρ has finished.";
    }
}
