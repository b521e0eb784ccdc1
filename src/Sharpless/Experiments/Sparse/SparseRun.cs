namespace Sharpless.Experiments.Sparse;

/// <summary>What an experiment on sparse networks came to.</summary>
/// <param name="Folder">Where its files are.</param>
/// <param name="Cells">Every network, in the order in which they were finished.</param>
/// <param name="Theory">The check of SAM's first-order solution; null where it was not asked for.</param>
public sealed record SparseRun(string Folder, IReadOnlyList<SparseCell> Cells, TheoryCheck? Theory)
{
    /// <summary>Wall-clock time of all cells, over all starts.</summary>
    public double Seconds => Cells.Sum(cell => cell.Seconds);
}
