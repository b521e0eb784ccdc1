using Sharpless.Torch;

namespace Sharpless.Weights;

// Masks: a vector of weight space too. With one, w, the perturbation and the momentum stay inside the live sub-network.
public sealed partial class WeightSpace
{
    private readonly List<Tensor> _mask = [];

    /// <summary>Which weights are live: one flat Bool tensor for each segment, true where live. Empty while all are.</summary>
    public IReadOnlyList<Tensor> Mask => _mask;

    /// <summary>The mask of a segment as the kernels take it; null while all weights are live.</summary>
    internal Tensor? MaskArgument(int segment) => _mask.Count > 0 ? _mask[segment] : null;

    /// <summary>Number of live weights.</summary>
    public long LiveCount => Count - (_mask.Count == 0 ? 0 : Slots.Sum(slot =>
    {
        using Tensor live = slot.View(_mask[slot.Segment]), sum = live.sum();
        return slot.Count - (long)sum.Item();
    }));

    /// <summary>
    /// Prunes: from now on the weights that are not live are 0 and stay so. They take no part in the norm, the ascent and the descent, and have no momentum.
    /// A mask that was there before is replaced; weights that it had pruned are then live again, at 0.
    /// </summary>
    /// <param name="live">Bool tensors by parameter name, of its shape, true where live. Parameters that are not named are wholly live. Borrowed.</param>
    /// <exception cref="ArgumentException">A name that is no parameter's, another shape or type.</exception>
    public void SetMask(IReadOnlyDictionary<string, Tensor> live)
    {
        ArgumentNullException.ThrowIfNull(live);
        foreach ((string name, Tensor mask) in live)
        {
            if (!_slots.TryGetValue(name, out WeightSlot? slot)) throw new ArgumentException($"The mask names '{name}', which is no parameter of the model.", nameof(live));
            if (mask.dtype != ScalarType.Bool || !mask.shape.AsSpan().SequenceEqual(slot.Shape))
            {
                throw new ArgumentException($"The mask of '{name}' is {mask.Text}, expected Bool [{string.Join(", ", slot.Shape)}].", nameof(live));
            }
        }

        ClearMask();
        using IDisposable off = no_grad();
        using (new Outside())
        {
            _mask.AddRange(_segments.Select(segment => full([segment.Master.NumberOfElements], 1, ScalarType.Bool, segment.Master.device)));
        }

        using var scope = NewDisposeScope();
        foreach ((string name, Tensor mask) in live) _slots[name].View(_mask[_slots[name].Segment]).copy_(mask);
        ApplyMask();
    }

    /// <summary>Sets what is pruned to 0 in the master weights and at the point, after other values were put there.</summary>
    public void ApplyMask()
    {
        // Not a product with the mask: 0 * w is not 0 for every w, and can be -0.
        for (int i = 0; i < _mask.Count; i++)
        {
            using Tensor pruned = _mask[i].logical_not();
            _segments[i].Master.masked_fill_(pruned, 0);
        }

        ReturnToMaster();
    }

    /// <summary>All weights are live again; those that were pruned start at 0.</summary>
    public void ClearMask()
    {
        foreach (Tensor mask in _mask) mask.Dispose();
        _mask.Clear();
    }

    /// <summary>A parameter's view of the mask, owned by the caller; null while all weights of all parameters are live.</summary>
    public Tensor? MaskOf(WeightSlot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        return _mask.Count == 0 ? null : slot.View(_mask[slot.Segment]);
    }
}
