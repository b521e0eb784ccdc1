using System.Globalization;
using Sharpless.Analysis;
using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>Says in words what the exercise shows: the published ordering, what the stale optimizer has to do with it, and the honest comparison.</summary>
internal static class ExerciseFindings
{
    // From worst to best, by the published exercise.
    private static readonly string[] PublishedOrder = ["pruned", "sgd", "sam", "dense"];
    private static readonly string[] FineTuned = ["sgd", "sam"];

    /// <summary>Sentences in plain text.</summary>
    public static IReadOnlyList<string> Of(Exercise exercise)
    {
        AccuracyMeasure measure = AccuracyMeasure.All;
        ExerciseSide? honest = exercise.Sides.FirstOrDefault(side => side.IsHonest);
        IReadOnlyList<ExerciseSide> published = [.. exercise.Sides.Where(side => !side.IsHonest)];
        return
        [
            .. published.Select(side => Ordering(side, measure, exercise.Comparisons)),
            .. honest is null ? [] : published.SelectMany(side => Gap(side, honest, measure, exercise.Comparisons)).Prepend(Ordering(honest, measure, exercise.Comparisons)),
            .. honest is null ? [] : new[] { Comparison(honest, measure, exercise.Comparisons), Compute(honest) }.OfType<string>(),
            .. exercise.Sides.Select(Regrowth).OfType<string>(),
            $"Accuracies here are on {measure.Name}; differences are in points. In brackets: {PairedDifference.Method(exercise.Comparisons)}.",
        ];
    }

    private static string Ordering(ExerciseSide side, AccuracyMeasure measure, int comparisons)
    {
        string subject = (side.IsHonest ? "Without the faults" : $"With the published faults ({string.Join(", ", side.Faults)})") + " the published ordering, pruned < SGD < SAM ≤ dense,";
        Dictionary<string, Statistic?> means = Exercise.Arms.ToDictionary(arm => arm, arm => measure.Over(side.Arm(arm)));
        if (means.Values.Any(mean => mean is null)) return $"{subject} cannot be judged: {Listed(means.Where(item => item.Value is null))} not measured yet.";
        if (means.Values.Any(mean => !mean!.IsFinite)) return $"{subject} cannot be judged: {Listed(means.Where(item => !item.Value!.IsFinite))} not finite.";

        var ordering = PublishedOrdering.On(side, measure, comparisons);
        string figures = string.Join(", ", PublishedOrder.Select(arm => string.Create(CultureInfo.InvariantCulture, $"{Exercise.NameOf(arm)} {100 * means[arm]!.Mean:0.0} %")));
        string verdict = ordering.Verdict switch { Verdict.Holds => "holds", Verdict.Contradicted => "is contradicted", _ => "is undecided" };
        string seeds = $"it holds in {ordering.HoldingSeeds} of {ordering.Seeds} {(ordering.Seeds == 1 ? "seed" : "seeds taken alone")}";
        return $"{subject} {verdict}: {string.Join(", ", ordering.Parts.Where(part => part.Difference is not null).Select(part => $"{part.What} {part.Difference}"))} points. In the mean {figures}; {seeds}.";
    }

    // How much of the gap between SAM and SGD goes once the SGD arm is one that really trains the pruned weights.
    private static IEnumerable<string> Gap(ExerciseSide published, ExerciseSide honest, AccuracyMeasure measure, int comparisons)
    {
        if (!published.Faults.Contains(PublishedFault.StaleOptimizer.Name())) yield break;
        IReadOnlyDictionary<long, double> sam = measure.BySeed(published.Arm("sam")), sgd = measure.BySeed(published.Arm("sgd")), mended = measure.BySeed(honest.Arm("sgd"));
        // All three arms over the same seeds: a share of means over different seeds would be no share.
        long[] seeds = [.. sam.Keys.Where(seed => sgd.ContainsKey(seed) && mended.ContainsKey(seed))];
        if (PairedDifference.Of(Over(sam), Over(sgd))?.Among(comparisons) is not { } gap || PairedDifference.Of(Over(mended), Over(sgd))?.Among(comparisons) is not { } closed) yield break;
        if (!double.IsFinite(gap.Mean) || !double.IsFinite(closed.Mean)) yield break;
        if (!gap.IsAbove)
        {
            yield return $"The published lead of SAM over SGD is not clear here ({gap} points), so there is no gap to explain.";
            yield break;
        }

        double share = closed.Mean / gap.Mean;
        string part = share switch
        {
            _ when !closed.IsAbove => "which is not told apart from 0: how much of the gap is due to that arm is undecided",
            > 1 => $"so all of the gap and more ({Percent(share)} of it) is due to that arm, by the means",
            _ => $"so {Percent(share)} of the gap is due to that arm, by the means",
        };
        string cause = published.Faults.Contains(PublishedFault.PruneNorms.Name())
            ? "Two faults act on it, not separated here: its optimizer was stale, so that its weights never moved (the first fault), and its batch-norm scales were pruned with the rest"
            : "What is wrong with it is the first fault: its optimizer was stale, so that its weights never moved";
        yield return $"How much of the published gap is the first fault? With the faults SAM leads SGD by {gap} points. The honest SGD arm reaches {closed} points more than the published one, {part}. {cause}.";

        Dictionary<long, double> Over(IReadOnlyDictionary<long, double> values) => seeds.ToDictionary(seed => seed, seed => values[seed]);
    }

    private static string? Comparison(ExerciseSide honest, AccuracyMeasure measure, int comparisons)
    {
        if (PairedDifference.Of(measure.BySeed(honest.Arm("sam")), measure.BySeed(honest.Arm("sgd")))?.Among(comparisons) is not { } difference || !double.IsFinite(difference.Mean)) return null;
        string verdict = difference switch
        {
            { HalfWidth: null } => "one seed cannot tell an effect from chance",
            { IsAbove: true } => "SAM is better than SGD",
            { IsBelow: true } => "SAM is worse than SGD",
            _ => $"the two cannot be told apart with {difference.Count} seeds",
        };
        return $"The honest comparison: SAM − SGD is {difference} points; {verdict}.";
    }

    private static string? Compute(ExerciseSide honest)
    {
        double? sam = Gradients("sam"), sgd = Gradients("sgd");
        return sam > 0 && sgd > 0 ? string.Create(CultureInfo.InvariantCulture, $"In it, SAM took {sam / sgd:0.0#} times the gradient evaluations of SGD.") : null;

        double? Gradients(string arm) => Statistic.Of(honest.Arm(arm).Select(cell => (double?)cell.GradientEvaluations))?.Mean;
    }

    private static string? Regrowth(ExerciseSide side)
    {
        if (Sparsity("pruned") is not { IsFinite: true } pruned) return null;
        (string Arm, Statistic Sparsity)[] grown = [.. FineTuned.Select(arm => (arm, Sparsity(arm))).Where(item => item.Item2 is { IsFinite: true } end && end.Mean < pruned.Mean).Select(item => (item.arm, item.Item2!))];
        if (grown.Length == 0) return Sparsity("sgd") is null && Sparsity("sam") is null ? null : $"On the {side.Name} side no pruned weight grew back: the sparsity at the end is that of the pruned network ({Format.Mean(pruned, Unit.Percent)}).";
        return $"On the {side.Name} side pruned weights grew back: the sparsity falls from {Format.Mean(pruned, Unit.Percent)} to {string.Join(" and ", grown.Select(item => $"{Format.Mean(item.Sparsity, Unit.Percent)} under {Exercise.NameOf(item.Arm)}"))}.";

        Statistic? Sparsity(string arm) => Statistic.Of(side.Arm(arm).Select(cell => (double?)cell.Sparsity));
    }

    private static string Listed(IEnumerable<KeyValuePair<string, Statistic?>> arms)
    {
        string[] names = [.. arms.Select(item => Exercise.NameOf(item.Key))];
        return $"{string.Join(", ", names)} {(names.Length == 1 ? "is" : "are")}";
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0} %");
}
