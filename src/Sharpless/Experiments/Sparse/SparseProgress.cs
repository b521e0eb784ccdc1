namespace Sharpless.Experiments.Sparse;

/// <summary>How far an experiment is.</summary>
/// <param name="Done">Gradient evaluations done, or whose cells were finished before.</param>
/// <param name="Total">Gradient evaluations of the whole experiment.</param>
/// <param name="EvaluationsPerSecond">Gradient evaluations per second of this start.</param>
/// <param name="What">What is being done.</param>
/// <param name="Finished">The cell that was finished just now, or null.</param>
public sealed record SparseProgress(long Done, long Total, double EvaluationsPerSecond, string What, SparseCell? Finished = null);
