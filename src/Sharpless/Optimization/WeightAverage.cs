using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>
/// Exponential moving average of the weights: after each step a = τ a + (1 - τ) w, from a = w before the first step, without bias correction. The published
/// code of arXiv:2305.16292 calls it SWA; it averages weights alone, so batch-norm statistics have to be measured anew for it.
/// </summary>
public sealed class WeightAverage : IDisposable
{
    private readonly WeightSpace _weights;
    private readonly double _decay;
    private readonly Tensor[] _average;

    /// <summary>An average that starts at the weights of a space.</summary>
    /// <param name="weights">The space.</param>
    /// <param name="decay">τ, from 0 (the weights themselves) to 1 (the first weights).</param>
    public WeightAverage(WeightSpace weights, double decay)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (!(decay >= 0 && decay <= 1)) throw new ArgumentOutOfRangeException(nameof(decay), decay, "The share that the average keeps is from 0 to 1.");
        (_weights, _decay) = (weights, decay);
        _average = [.. weights.Segments.Select(segment => segment.Master.clone())];
        State = new Dictionary<string, Tensor[]> { ["average"] = _average };
    }

    /// <summary>What a checkpoint must hold: the average, one flat Float32 tensor for each segment.</summary>
    public IReadOnlyDictionary<string, Tensor[]> State { get; }

    /// <summary>Takes in the weights after a step.</summary>
    public void Update()
    {
        // a + (1 - τ)(w - a): one pass over memory.
        for (int i = 0; i < _average.Length; i++) _average[i].LerpInPlace(_weights.Segments[i].Master, 1 - _decay);
        _weights.Mask.Zip(_average).ToList().ForEach(item => ClearPruned(item.First, item.Second));
    }

    // What was pruned in the middle of a run would fade, but never be 0.
    private static void ClearPruned(Tensor mask, Tensor average)
    {
        using Tensor pruned = mask.logical_not();
        average.masked_fill_(pruned, 0);
    }

    /// <summary>The point becomes the average, so that the model computes with it; <see cref="WeightSpace.ReturnToMaster"/> ends that.</summary>
    public void Show() => _weights.ShowAtPoint(_average);

    /// <summary>A parameter's view of the average. Owned by the caller.</summary>
    public Tensor Of(WeightSlot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        return slot.View(_average[slot.Segment]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor vector in _average) vector.Dispose();
    }
}
