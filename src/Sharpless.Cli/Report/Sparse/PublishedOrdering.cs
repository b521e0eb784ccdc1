namespace Sharpless.Cli.Report.Sparse;

/// <summary>Whether the ordering of the published table comes out on one side of the exercise: pruned &lt; SGD &lt; SAM &lt;= dense.</summary>
/// <param name="Holds">Whether the means over seeds are so ordered.</param>
/// <param name="HoldingSeeds">Seeds that are so ordered by themselves.</param>
/// <param name="Seeds">Seeds that have all arms.</param>
internal sealed record PublishedOrdering(bool Holds, int HoldingSeeds, int Seeds)
{
    /// <summary>As a script reads it.</summary>
    public const string Statement = "pruned < sgd < sam <= dense";

    /// <summary>The ordering of a side whose four arms have all been measured.</summary>
    /// <param name="side">The side.</param>
    /// <param name="measure">Which accuracy is compared.</param>
    public static PublishedOrdering On(ExerciseSide side, AccuracyMeasure measure)
    {
        Dictionary<string, IReadOnlyDictionary<long, double>> values = Exercise.Arms.ToDictionary(arm => arm, arm => measure.BySeed(side.Arm(arm)));
        long[] seeds = [.. values["dense"].Keys.Where(seed => values.Values.All(arm => arm.ContainsKey(seed)))];
        return new PublishedOrdering(IsOrdered(arm => values[arm].Values.Average()), seeds.Count(seed => IsOrdered(arm => values[arm][seed])), seeds.Length);
    }

    private static bool IsOrdered(Func<string, double> accuracy) =>
        accuracy("pruned") < accuracy("sgd") && accuracy("sgd") < accuracy("sam") && accuracy("sam") <= accuracy("dense");
}
