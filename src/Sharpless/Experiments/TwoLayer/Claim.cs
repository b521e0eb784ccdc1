using Sharpless.Analysis;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>Something that arXiv:2305.16292 says of two-layer networks, put to the test over the seeds of a run.</summary>
/// <param name="Experiment">Name of the experiment.</param>
/// <param name="Statement">What is said.</param>
/// <param name="Parts">Differences that it is made of.</param>
public sealed record Claim(string Experiment, string Statement, IReadOnlyList<ClaimPart> Parts)
{
    /// <summary>
    /// It holds where every part does: the interval lies on the side that the statement names. It is contradicted where that of a
    /// part lies on the other side. Undecided otherwise, and for a single seed, which tells nothing.
    /// </summary>
    public Verdict Verdict => Verdicts.Together(Parts.Select(part => part.Verdict));

    /// <summary>The claims that a run can judge; the intervals of all their parts hold together with 95 % (Bonferroni).</summary>
    public static IReadOnlyList<Claim> Of(TwoLayerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        int parts = Judged(run, comparisons: 1).Sum(claim => claim.Parts.Count);
        return [.. Judged(run, Math.Max(1, parts))];
    }

    private static IEnumerable<Claim> Judged(TwoLayerRun run, int comparisons) =>
        run.Options.Experiments().Where(experiment => experiment.Values.Count > 1)
            .SelectMany(experiment => new Judge(run, experiment, comparisons).Claims());

    // One experiment, its values in growing order.
    private sealed class Judge(TwoLayerRun run, TwoLayerExperiment experiment, int comparisons)
    {
        private readonly double[] _values = [.. experiment.Values.Order()];

        internal IEnumerable<Claim> Claims()
        {
            string with = $"with {experiment.Symbol}", largest = $"{experiment.Symbol} = {_values[^1]}";
            yield return Make($"the feature rank falls {with}, from each value to the next", Along(metrics => metrics.FeatureRank, falls: true, isCount: true));
            yield return Make($"the feature rank on test points falls {with}, from each value to the next", Along(metrics => metrics.TestFeatureRank, falls: true, isCount: true));
            yield return Make($"the number of active units falls {with}, from each value to the next", Along(metrics => metrics.ActiveUnits, falls: true, isCount: true));
            // In orders of magnitude: in some seeds a large value blows the weights up, and a mean of norms would be theirs alone.
            bool grows = experiment.Activation == Activation.Relu;
            yield return Make($"the norm of the weights {(grows ? "grows" : "shrinks")} {with}, from each value to the next", Along(metrics => Math.Log10(metrics.L2), falls: !grows));
            yield return Make("at the end the train loss is below 1 % of that before training", [.. _values.Select(value => Part(
                $"{experiment.Symbol} = {value}, log10 of the ratio + 2", student => Math.Log10(student.Final.TrainLoss / student.Evaluations[0].TrainLoss) + 2, value, falls: true))]);
            if (_values.Length > 2)
            {
                double[] inner = _values[1..^1];
                double best = inner.MinBy(value => run.Of(experiment, value).Average(student => Math.Log10(student.Final.TestLoss)));
                yield return Make($"the test loss is lowest at a moderate {experiment.Symbol}", [Against(best, _values[0], LogTestLoss, falls: true), Against(best, _values[^1], LogTestLoss, falls: true)]);
            }

            yield return Make(
                $"a large {experiment.Symbol} hinders the fit: at {largest} the train loss falls once it is switched off",
                [Part($"{largest}, log10 of the end over the middle", student => Math.Log10(student.Final.TrainLoss / Middle(student).TrainLoss), _values[^1], falls: true)]);

            static double LogTestLoss(StudentMetrics metrics) => Math.Log10(metrics.TestLoss);
        }

        private Claim Make(string statement, IReadOnlyList<ClaimPart> parts) => new(experiment.Name, statement, parts);

        private IReadOnlyList<ClaimPart> Along(Func<StudentMetrics, double> of, bool falls, bool isCount = false) =>
            [.. _values.Skip(1).Select((value, i) => Against(value, _values[i], of, falls, isCount))];

        // Students of one seed start alike, on the same data: what the seed does to both cancels.
        private ClaimPart Against(double value, double other, Func<StudentMetrics, double> of, bool falls, bool isCount = false)
        {
            Dictionary<int, double> others = run.Of(experiment, other).ToDictionary(student => student.Seed, student => of(student.Final));
            return Part($"{experiment.Symbol} = {value} against {other}", student => of(student.Final) - others[student.Seed], value, falls, isCount);
        }

        private ClaimPart Part(string what, Func<StudentRun, double> of, double value, bool falls, bool isCount = false) =>
            new(what, Estimate.Of([.. run.Of(experiment, value).Select(of)], comparisons, resolution: isCount ? 1 : 0), falls);

        // The last evaluation with the regularizer on.
        private StudentMetrics Middle(StudentRun student) => student.Evaluations.Last(metrics => metrics.Iteration <= 0.5 * run.Options.Iterations);
    }
}

/// <summary>A difference that a claim says is below 0, or above it.</summary>
/// <param name="What">What is subtracted from what.</param>
/// <param name="Difference">Its mean over the seeds with its t-interval; those of all parts of a run hold together with 95 %.</param>
/// <param name="IsBelow">Whether the claim is that it is below 0.</param>
public sealed record ClaimPart(string What, Estimate Difference, bool IsBelow)
{
    /// <summary>On which side of 0 the interval lies; undecided for a single seed.</summary>
    public Verdict Verdict => IsBelow ? Difference.IsBelowZero() : Difference.IsAboveZero();
}
