using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>A line of the grid: an optimizer of the fine-tuning with its ρ.</summary>
/// <param name="Arm"><c>sgd</c>, <c>sam</c>, or a network that is not fine-tuned.</param>
/// <param name="Rho">Radius of SAM; null for the other arms.</param>
internal sealed record GridLine(string Arm, double? Rho)
{
    /// <summary>How tables and legends call it.</summary>
    public string Name => Rho is { } rho ? $"{Exercise.NameOf(Arm)} ρ = {Format.Plain(rho)}" : Exercise.NameOf(Arm);

    /// <summary>Whether the line is of fine-tuned networks, which the plots compare.</summary>
    public bool IsFineTuned => Arm is "sgd" or "sam";

    /// <summary>The line of a cell.</summary>
    public static GridLine Of(SparseCell cell) => new(cell.Arm ?? "", cell.Arm == "sam" ? cell.Rho : null);

    /// <summary>The lines of cells: not fine-tuned, SGD, SAM by growing ρ.</summary>
    public static IReadOnlyList<GridLine> AllOf(IEnumerable<SparseCell> cells) =>
        [.. cells.Select(Of).Distinct().OrderBy(line => line.Arm switch { "sgd" => 1, "sam" => 2, _ => 0 }).ThenBy(line => line.Arm, StringComparer.Ordinal).ThenBy(line => line.Rho)];
}
