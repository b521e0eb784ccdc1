using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>The exercise at one fraction: its sides, each with the arms dense, pruned, SGD and SAM.</summary>
/// <param name="Amount">Fraction of the weights that was pruned.</param>
/// <param name="Sides">The honest one first, then those with published faults.</param>
internal sealed record Exercise(double Amount, IReadOnlyList<ExerciseSide> Sides)
{
    /// <summary>The arms in the order of the exercise.</summary>
    public static readonly IReadOnlyList<string> Arms = ["dense", "pruned", "sgd", "sam"];

    /// <summary>All cells of all sides.</summary>
    public IReadOnlyList<SparseCell> Cells => [.. Sides.SelectMany(side => side.Cells)];

    /// <summary>
    /// Differences that are looked at together: on each side those of the ordering and of dense and SAM against pruned, and what the honest SGD arm has
    /// above the published one.
    /// </summary>
    public int Comparisons => (5 * Sides.Count) + (Sides.Any(side => side.IsHonest) ? Sides.Count(side => !side.IsHonest) : 0);

    /// <summary>How an arm is called in tables and at axes.</summary>
    public static string NameOf(string arm) => arm switch { "sgd" => "SGD", "sam" => "SAM", _ => arm };

    /// <summary>The exercises among cells: one per fraction.</summary>
    public static IReadOnlyList<Exercise> Of(IReadOnlyList<SparseCell> cells)
    {
        // The dense networks do not depend on the fraction.
        double[] amounts = [.. cells.Where(cell => cell.Arm != "dense").Select(cell => cell.Amount).Distinct().Order()];
        return [.. amounts.Select(amount => new Exercise(amount, ExerciseSide.Of([.. cells.Where(cell => cell.Arm == "dense" || cell.Amount == amount)])))];
    }
}

/// <summary>One side of the comparison.</summary>
/// <param name="Name">How tables and legends call it.</param>
/// <param name="Faults">Faults of the published version that are on.</param>
/// <param name="Cells">Its cells.</param>
internal sealed record ExerciseSide(string Name, IReadOnlyList<string> Faults, IReadOnlyList<SparseCell> Cells)
{
    /// <summary>Whether it is the side without faults.</summary>
    public bool IsHonest => Faults.Count == 0;

    /// <summary>The cells of an arm, one per seed.</summary>
    public IReadOnlyList<SparseCell> Arm(string arm) => [.. Cells.Where(cell => cell.Arm == arm)];

    /// <summary>The sides among the cells of one exercise.</summary>
    public static IReadOnlyList<ExerciseSide> Of(IReadOnlyList<SparseCell> cells)
    {
        var groups = cells.GroupBy(cell => (cell.Side, Faults: string.Join(", ", FaultsOf(cell)))).OrderBy(group => group.Key.Faults.Length > 0).ToList();
        bool several = groups.Count(group => group.Key.Faults.Length > 0) > 1;
        return [.. groups.Select(group => new ExerciseSide(
            several && group.Key.Faults.Length > 0 ? $"{group.Key.Side}: {group.Key.Faults}" : group.Key.Side ?? SparseExercise.Honest, FaultsOf(group.First()), WithDense(group, cells)))];
    }

    private static IReadOnlyList<string> FaultsOf(SparseCell cell) => cell.Faults ?? [];

    // No fault touches the dense phase: a side that lists no dense network starts from those of the other side.
    private static IReadOnlyList<SparseCell> WithDense(IEnumerable<SparseCell> side, IEnumerable<SparseCell> all) => side.Any(cell => cell.Arm == "dense")
        ? [.. side]
        : [.. side, .. all.Where(cell => cell.Arm == "dense").DistinctBy(cell => cell.Seed)];
}
