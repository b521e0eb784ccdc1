using Sharpless.Cli.Report;
using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Commands;

/// <summary>The cells that differ in their seed alone, as one row of a table.</summary>
/// <param name="Cell">Any of them.</param>
/// <param name="Test">Accuracy on the test examples of the published figure.</param>
/// <param name="TestAll">Accuracy on all test examples.</param>
/// <param name="Sparsity">Share of zeros at the end.</param>
/// <param name="Diverged">How many of them diverged.</param>
internal sealed record SparseRow(SparseCell Cell, Statistic Test, Statistic TestAll, Statistic Sparsity, int Diverged)
{
    internal static IReadOnlyList<SparseRow> Of(IEnumerable<SparseCell> cells) =>
    [
        .. cells.GroupBy(cell => (cell.Kind, cell.Side, cell.Arm, cell.Dense, cell.Compute, cell.Tensor, cell.Amount, cell.Rho)).Select(group => new SparseRow(
            group.First(),
            Statistic.Of(group.Select(cell => (double?)cell.TestAccuracy))!,
            Statistic.Of(group.Select(cell => (double?)cell.TestAccuracyAll))!,
            Statistic.Of(group.Select(cell => (double?)cell.Sparsity))!,
            group.Count(cell => cell.Diverged))),
    ];

    /// <summary>For scripts: what the cells are, then mean and standard deviation of their accuracies over n seeds.</summary>
    internal IReadOnlyDictionary<string, object> Document
    {
        get
        {
            (string Name, object? Value)[] members =
            [
                ("side", Cell.Side), ("faults", Cell.Faults), ("dense", Cell.Dense), ("compute", Cell.Compute), ("bn_reestimated", Cell.BnReestimated), ("tensor", Cell.Tensor), ("arm", Cell.Arm),
                ("amount", Cell.Amount), ("scope", Cell.Scope), ("rho", Cell.Rho), ("mean", Test.Mean), ("standard_deviation", Test.Deviation), ("mean_all", TestAll.Mean),
                ("standard_deviation_all", TestAll.Deviation), ("sparsity", Sparsity.Mean), ("diverged", Diverged), ("n", Test.Count),
            ];
            return members.Where(member => member.Value is not null).ToDictionary(member => member.Name, member => member.Value!);
        }
    }
}
