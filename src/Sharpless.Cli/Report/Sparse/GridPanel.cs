using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>Cells of the grid that are compared with each other: they differ in fraction, optimizer of the fine-tuning, ρ and seed only.</summary>
/// <param name="Title">What tells this panel from the others.</param>
/// <param name="Dense">How the dense phase was trained.</param>
/// <param name="Compute">What the arms have in common: <c>epochs</c> or <c>gradients</c>.</param>
/// <param name="Cells">At least one.</param>
internal sealed record GridPanel(string Title, string Dense, string Compute, IReadOnlyList<SparseCell> Cells)
{
    /// <summary>The title as the beginning of a sentence.</summary>
    public string Name => char.ToUpperInvariant(Title[0]) + Title[1..];

    /// <summary>The fractions in growing order.</summary>
    public IReadOnlyList<double> Fractions => [.. Cells.Select(cell => cell.Amount).Distinct().Order()];

    /// <summary>The cells of a line at a fraction, one per seed.</summary>
    public IReadOnlyList<SparseCell> At(GridLine line, double fraction) => [.. Cells.Where(cell => cell.Amount == fraction && GridLine.Of(cell) == line)];

    /// <summary>Lines of this panel.</summary>
    public IReadOnlyList<GridLine> Lines => GridLine.AllOf(Cells);

    /// <summary>The panels of a grid: dense phase with SGD before SAM, equal epochs before equal compute. None while nothing is pruned yet.</summary>
    public static IReadOnlyList<GridPanel> Of(IReadOnlyList<SparseCell> cells)
    {
        // A dense network belongs to every comparison of what is made of it.
        SparseCell[] pruned = [.. cells.Where(cell => cell.Arm != "dense")];
        bool scopes = Several(cell => cell.Scope), norms = Several(cell => $"{cell.BnReestimated}");
        return [.. pruned.GroupBy(cell => (cell.Scope, BnReestimated: cell.BnReestimated ?? false, Dense: cell.Dense ?? "sgd", Compute: cell.Compute ?? SparseGrid.EqualEpochs))
            .OrderBy(group => group.Key.Scope, StringComparer.Ordinal).ThenBy(group => group.Key.BnReestimated).ThenBy(group => group.Key.Dense == "sam").ThenBy(group => group.Key.Compute != SparseGrid.EqualEpochs)
            .Select(group => new GridPanel(
                string.Join(", ", new[]
                {
                    $"dense phase with {Exercise.NameOf(group.Key.Dense)}", $"equal {(group.Key.Compute == SparseGrid.EqualGradients ? "compute" : group.Key.Compute)}",
                    scopes ? $"scope {group.Key.Scope}" : null, norms ? $"batch norm {(group.Key.BnReestimated ? "estimated again" : "as it was")}" : null,
                }.OfType<string>()),
                group.Key.Dense, group.Key.Compute, WithDense([.. group], cells)))];

        bool Several(Func<SparseCell, string> of) => pruned.Select(of).Distinct().Count() > 1;
    }

    private static IReadOnlyList<SparseCell> WithDense(IReadOnlyList<SparseCell> panel, IReadOnlyList<SparseCell> all) =>
        [.. all.Where(cell => cell.Arm == "dense" && cell.Dense == panel[0].Dense && cell.Scope == panel[0].Scope).DistinctBy(cell => cell.Seed), .. panel];
}
