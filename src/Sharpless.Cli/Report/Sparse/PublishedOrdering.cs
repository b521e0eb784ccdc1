using Sharpless.Analysis;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>Whether the ordering of the published table comes out on one side of the exercise: pruned &lt; SGD &lt; SAM &lt;= dense.</summary>
/// <param name="Parts">Its three differences, upper minus lower; null where two arms share no seed.</param>
/// <param name="HoldingSeeds">Seeds that are so ordered by themselves.</param>
/// <param name="Seeds">Seeds that have all arms.</param>
internal sealed record PublishedOrdering(IReadOnlyList<(string What, PairedDifference? Difference)> Parts, int HoldingSeeds, int Seeds)
{
    /// <summary>As a script reads it.</summary>
    public const string Statement = "pruned < sgd < sam <= dense";

    private static readonly (string Lower, string Upper)[] Neighbours = [("pruned", "sgd"), ("sgd", "sam"), ("sam", "dense")];

    /// <summary>It holds where each interval lies above 0, and is contradicted where one lies below it.</summary>
    public Verdict Verdict => Verdicts.Together(Parts.Select(part => part.Difference?.Above ?? Verdict.Undecided));

    /// <summary>The ordering of a side.</summary>
    /// <param name="side">The side.</param>
    /// <param name="measure">Which accuracy is compared.</param>
    /// <param name="comparisons">Differences that are looked at together with these.</param>
    public static PublishedOrdering On(ExerciseSide side, AccuracyMeasure measure, int comparisons)
    {
        Dictionary<string, IReadOnlyDictionary<long, double>> values = Exercise.Arms.ToDictionary(arm => arm, arm => measure.BySeed(side.Arm(arm)));
        long[] seeds = [.. values["dense"].Keys.Where(seed => values.Values.All(arm => arm.ContainsKey(seed)))];
        return new PublishedOrdering(
            [.. Neighbours.Select(pair => ($"{Exercise.NameOf(pair.Upper)} − {Exercise.NameOf(pair.Lower)}", PairedDifference.Of(values[pair.Upper], values[pair.Lower])?.Among(comparisons)))],
            seeds.Count(seed => IsOrdered(arm => values[arm][seed])), seeds.Length);
    }

    private static bool IsOrdered(Func<string, double> accuracy) =>
        accuracy("pruned") < accuracy("sgd") && accuracy("sgd") < accuracy("sam") && accuracy("sam") <= accuracy("dense");
}
