namespace Sharpless.Experiments.Sparse;

/// <summary>Work of an experiment that is done in one piece.</summary>
/// <param name="Name">What progress calls it.</param>
/// <param name="Cells">What it will fill.</param>
/// <param name="GradientEvaluations">What it costs.</param>
/// <param name="Run">Does it, and gives the cells filled.</param>
internal sealed record SparseTask(string Name, IReadOnlyList<SparseCell> Cells, long GradientEvaluations, Func<IEnumerable<SparseCell>> Run);
