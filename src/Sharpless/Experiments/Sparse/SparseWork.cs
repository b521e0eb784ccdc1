using System.Diagnostics;

namespace Sharpless.Experiments.Sparse;

/// <summary>Keeps count of an experiment's work, tells of it, and ends it between two steps.</summary>
internal sealed class SparseWork(Action<SparseProgress>? tell, CancellationToken cancel)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _done;
    private long _before;
    private long _total;

    /// <summary>Ends work that takes long between two steps.</summary>
    internal CancellationToken Cancel => cancel;

    /// <summary>Gradient evaluations that are to come.</summary>
    internal void Expect(long evaluations) => _total += evaluations;

    /// <summary>Gradient evaluations whose cells were finished by an earlier start.</summary>
    internal void Skip(long evaluations) => (_done, _before) = (_done + evaluations, _before + evaluations);

    /// <exception cref="OperationCanceledException">Stopped.</exception>
    internal void Did(long evaluations, string what)
    {
        _done += evaluations;
        Tell(what, null);
        cancel.ThrowIfCancellationRequested();
    }

    /// <exception cref="OperationCanceledException">Stopped.</exception>
    internal void Finished(SparseCell cell, string what)
    {
        Tell(what, cell);
        cancel.ThrowIfCancellationRequested();
    }

    private void Tell(string what, SparseCell? cell) => tell?.Invoke(
        new SparseProgress(Math.Min(_done, _total), _total, (_done - _before) / Math.Max(1e-9, Stopwatch.GetElapsedTime(_started).TotalSeconds), what, cell));
}
