namespace Sharpless.Data.Captions;

/// <summary>Which pictures and captions are in the batch of each training step: a pure function of seed and step, so a resumed run needs no state of it.</summary>
/// <remarks>
/// Step s is batch s mod <see cref="BatchesPerEpoch"/> of epoch s / <see cref="BatchesPerEpoch"/>; an incomplete last batch is dropped. The published
/// code draws both without a seed or from one generator that runs on over the epochs (contrastive code of arXiv:2305.16292).
/// </remarks>
public sealed class CaptionOrder
{
    // Sets these draws apart from all others of the same seed.
    private const ulong Stream = 6;

    private readonly CaptionSet _set;
    private readonly BatchSequence _sequence;
    private readonly CaptionChoice _choice;
    private readonly ulong _seed;

    /// <summary>An order over a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="batchSize">B, 1 or more.</param>
    /// <param name="order">Whether pictures are shuffled in each epoch.</param>
    /// <param name="choice">Which caption of a picture is read.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <exception cref="UsageException">There are fewer pictures than one batch.</exception>
    public CaptionOrder(CaptionSet set, int batchSize, BatchOrder order, CaptionChoice choice, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        if (set.Count < batchSize)
            throw new UsageException($"One batch takes {batchSize} pictures, but the split {set.Name} has only {set.Count}.", "Use a smaller batch.");
        _sequence = new BatchSequence(Enumerable.Range(0, set.Count).ToArray(), batchSize, order, seed);
        (_set, _choice, _seed) = (set, choice, seed);
    }

    /// <summary>Number of complete batches in an epoch, 1 or more.</summary>
    public int BatchesPerEpoch => _sequence.BatchesPerEpoch;

    /// <summary>The pictures of a step and the place of the caption that is read of each.</summary>
    /// <param name="step">0 or more.</param>
    public IReadOnlyList<(int Example, int Caption)> At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        long epoch = step / BatchesPerEpoch;
        // The first step of a BatchSequence is only looked at, not trained on.
        return [.. _sequence.At(step + 1).ToArray().Select(example => (example, Caption(example, epoch)))];
    }

    private int Caption(int example, long epoch)
    {
        if (_choice == CaptionChoice.First) return 0;
        (uint draw, _, _, _) = Philox.Block(_seed, Stream << 32 | (uint)epoch, (ulong)example);
        return (int)((ulong)draw * (ulong)_set.Pictures[example].Captions.Count >> 32);
    }
}
