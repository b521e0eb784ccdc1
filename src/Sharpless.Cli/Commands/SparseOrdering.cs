using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Commands;

/// <summary>Whether the ordering of the published table comes out on one side: pruned &lt; SGD &lt; SAM &lt;= dense.</summary>
/// <param name="Side">Side of the comparison.</param>
/// <param name="Holds">Whether the means over seeds of the accuracy on all test images are so ordered.</param>
/// <param name="Seeds">Seeds that are so ordered by themselves.</param>
/// <param name="Of">Number of seeds.</param>
internal sealed record SparseOrdering(string Side, bool Holds, int Seeds, int Of)
{
    /// <summary>As a script reads it.</summary>
    internal const string Statement = "pruned < sgd < sam <= dense";

    /// <summary>One for each side among the cells of an exercise.</summary>
    internal static IReadOnlyList<SparseOrdering> In(IEnumerable<SparseCell> cells) => [.. cells.GroupBy(cell => cell.Side!).Select(side =>
    {
        IGrouping<int, SparseCell>[] seeds = [.. side.GroupBy(cell => cell.Seed)];
        return new SparseOrdering(side.Key, IsOrdered(side), seeds.Count(IsOrdered), seeds.Length);
    })];

    /// <summary>For people.</summary>
    internal string Sentence => $"{Statement} {(Holds ? "holds" : "does not hold")} on the {Side} side (means over seeds, all test images; by themselves {Seeds} of {Of} seeds are so ordered)";

    private static bool IsOrdered(IEnumerable<SparseCell> cells)
    {
        Dictionary<string, double> mean = cells.GroupBy(cell => cell.Arm!).ToDictionary(arm => arm.Key, arm => arm.Average(cell => cell.TestAccuracyAll));
        return mean["pruned"] < mean["sgd"] && mean["sgd"] < mean["sam"] && mean["sam"] <= mean["dense"];
    }
}
