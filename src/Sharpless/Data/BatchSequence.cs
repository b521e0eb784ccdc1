namespace Sharpless.Data;

/// <summary>Which examples are in the batch of each step: a pure function of (seed, step), so a resumed run needs no state of it.</summary>
/// <remarks>
/// Steps are counted as in the published code of arXiv:2305.16292: step 0 belongs to epoch 0, which looks at one batch and does not train;
/// step s of 1 and more is batch (s - 1) mod <see cref="BatchesPerEpoch"/> of epoch 1 + (s - 1) / <see cref="BatchesPerEpoch"/>. An incomplete
/// last batch is dropped.
/// </remarks>
public sealed class BatchSequence
{
    // Sets these draws apart from all others of the same seed (CropFlip has its own number).
    private const ulong Stream = 1;

    private readonly ReadOnlyMemory<int> _examples;
    private readonly BatchOrder _order;
    private readonly ulong _seed;
    private int[] _epochExamples = [];
    private long _epoch = -1;

    /// <summary>A sequence over some examples of a set.</summary>
    /// <param name="examples">Indices of the examples, for example <see cref="DataSplit.Train"/>.</param>
    /// <param name="batchSize">B, 1 or more.</param>
    /// <param name="order">Random or sequential.</param>
    /// <param name="seed">Seed of the run. Has no effect on the sequential order.</param>
    /// <exception cref="ArgumentException">There are fewer examples than one batch.</exception>
    public BatchSequence(ReadOnlyMemory<int> examples, int batchSize, BatchOrder order, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        if (examples.Length < batchSize)
            throw new ArgumentException($"One batch takes {batchSize} examples, but there are only {examples.Length} to train on. Use a smaller batch.",
                nameof(batchSize));
        _examples = examples;
        _order = order;
        _seed = seed;
        BatchSize = batchSize;
    }

    /// <summary>B: number of examples in every batch.</summary>
    public int BatchSize { get; }

    /// <summary>Number of complete batches in an epoch, 1 or more.</summary>
    public int BatchesPerEpoch => _examples.Length / BatchSize;

    /// <summary>Epoch of a step: 0 for step 0, then 1, 2, ...</summary>
    /// <param name="step">0 or more.</param>
    public long EpochOf(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return step == 0 ? 0 : 1 + (step - 1) / BatchesPerEpoch;
    }

    /// <summary>Indices of the examples of a step's batch. Valid until the next call.</summary>
    /// <param name="step">0 or more.</param>
    public ReadOnlyMemory<int> At(long step)
    {
        long epoch = EpochOf(step);
        int batch = step == 0 ? 0 : (int)((step - 1) % BatchesPerEpoch);
        return ExamplesOf(epoch).Slice(batch * BatchSize, BatchSize);
    }

    private ReadOnlyMemory<int> ExamplesOf(long epoch)
    {
        if (_order == BatchOrder.Sequential) return _examples;
        if (epoch != _epoch)
        {
            _epochExamples = Philox.Permutation(_examples.Length, _seed, Stream << 32 | (uint)epoch);
            for (int i = 0; i < _epochExamples.Length; i++) _epochExamples[i] = _examples.Span[_epochExamples[i]];
            _epoch = epoch;
        }
        return _epochExamples;
    }

    /// <summary>Cuts examples into batches for an evaluation: in order, and with the incomplete last one.</summary>
    /// <param name="examples">Indices of the examples, for example <see cref="DataSplit.Test"/>.</param>
    /// <param name="batchSize">B, 1 or more.</param>
    public static IEnumerable<ReadOnlyMemory<int>> ForEvaluation(ReadOnlyMemory<int> examples, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        return Batches();

        IEnumerable<ReadOnlyMemory<int>> Batches()
        {
            for (int start = 0; start < examples.Length; start += batchSize)
                yield return examples.Slice(start, Math.Min(batchSize, examples.Length - start));
        }
    }
}
