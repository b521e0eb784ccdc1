namespace Sharpless.Experiments.Sparse;

/// <summary>What an experiment on sparse networks came to.</summary>
/// <param name="Folder">Where its files are.</param>
/// <param name="Cells">Every network, in the order in which they were finished.</param>
/// <param name="Theory">The check of SAM's first-order solution; null where it was not asked for.</param>
public sealed record SparseRun(string Folder, IReadOnlyList<SparseCell> Cells, TheoryCheck? Theory)
{
    /// <summary>What was trained and came to nothing, as a sentence; null where every network came to something.</summary>
    public string? Divergence
    {
        get
        {
            SparseCell[] diverged = [.. Cells.Where(cell => cell.Diverged)];
            return diverged.Length == 0
                ? null
                : $"{diverged.Length} of {Cells.Count} networks diverged: their loss is not finite, or none of their steps was taken. The first: seed {diverged[0].Seed}, {diverged[0].Side ?? diverged[0].Dense} {diverged[0].Arm}.";
        }
    }

    /// <summary>Steps that were skipped in all trainings, because a gradient was not finite.</summary>
    public long SkippedSteps => Cells.Sum(cell => cell.SkippedSteps);

    /// <summary>Wall-clock time of all cells, over all starts.</summary>
    public double Seconds => Cells.Sum(cell => cell.Seconds);
}
