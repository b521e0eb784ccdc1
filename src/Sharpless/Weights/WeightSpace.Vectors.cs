using Sharpless.Kernels;
using Sharpless.Torch;

namespace Sharpless.Weights;

// Vectors, for algorithms that need more than one gradient at a time. All are 0 where a weight is pruned.
public sealed partial class WeightSpace
{
    /// <summary>A copy of the gradient over live weights.</summary>
    public WeightVector Gradient() => Live(_segments.Select(segment => segment.Gradient));

    /// <summary>A copy of the master weights w.</summary>
    public WeightVector Master() => Live(_segments.Select(segment => segment.Master));

    /// <summary>A copy of the point: the weights that the model computes with, as they were rounded.</summary>
    public WeightVector Point() => Live(_segments.Select(segment => segment.Point));

    /// <summary>A vector with one value for all weights of a parameter.</summary>
    /// <param name="valueOf">Gives the value, by parameter.</param>
    public WeightVector Constant(Func<WeightSlot, double> valueOf)
    {
        ArgumentNullException.ThrowIfNull(valueOf);
        return Filled((slot, view) => view.fill_(valueOf(slot)));
    }

    /// <summary>Independent draws from the standard normal distribution, parameter by parameter, by libtorch's default generator of the CPU.</summary>
    public WeightVector Normal() => Vector(slot => randn(slot.Shape));

    /// <summary>A vector with the given values.</summary>
    /// <param name="valuesOf">Gives the values of a parameter, in its shape.</param>
    public WeightVector Vector(Func<WeightSlot, Tensor> valuesOf)
    {
        ArgumentNullException.ThrowIfNull(valuesOf);
        return Filled((slot, view) => view.copy_(valuesOf(slot)));
    }

    /// <summary>The gradient becomes a vector, rounded to the type of the point.</summary>
    public void SetGradient(WeightVector gradient)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        for (int i = 0; i < _segments.Count; i++) _segments[i].Gradient.copy_(gradient.Segments[i]);
    }

    /// <summary>The point becomes w + perturbation, where w is live. w keeps its bits.</summary>
    public void MovePoint(WeightVector perturbation)
    {
        ArgumentNullException.ThrowIfNull(perturbation);
        for (int i = 0; i < _segments.Count; i++)
        {
            WeightPass.Ascend(_segments[i].Master, perturbation.Segments[i], 1.0, MaskArgument(i), _segments[i].Point);
        }
    }

    /// <summary>The point becomes other weights than w, until <see cref="ReturnToMaster"/>: for looking at an average of weights, say.</summary>
    /// <param name="vector">One flat Float32 tensor for each segment. Borrowed.</param>
    public void ShowAtPoint(IReadOnlyList<Tensor> vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        for (int i = 0; i < _segments.Count; i++) WeightPass.CopyToPoint(vector[i], _segments[i].Point);
    }

    /// <summary>A stretch of a segment, as views of the caller's scope.</summary>
    internal WeightSegment Part(int segment, long start, long length, out Tensor? mask)
    {
        WeightSegment whole = _segments[segment];
        mask = _mask.Count > 0 ? _mask[segment].narrow(0, start, length) : null;
        return new WeightSegment(whole.Master.narrow(0, start, length), whole.Point.narrow(0, start, length), whole.Gradient.narrow(0, start, length));
    }

    /// <summary>A copy of a vector over live weights: for one that was kept from an earlier step, before more was pruned.</summary>
    /// <param name="vector">One flat tensor for each segment. Borrowed.</param>
    public WeightVector Live(IEnumerable<Tensor> vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        List<Tensor> copies = [.. vector.Select(tensor => tensor.dtype == ScalarType.Float32 ? tensor.clone() : tensor.To(ScalarType.Float32))];
        for (int i = 0; i < _mask.Count; i++) copies[i].masked_fill_(_mask[i].logical_not(), 0);
        return new WeightVector(copies);
    }

    // What lies between the parameters stays 0, so that it is in no norm.
    private WeightVector Filled(Action<WeightSlot, Tensor> fill)
    {
        Tensor[] segments = NewVector();
        foreach (WeightSlot slot in Slots) fill(slot, slot.View(segments[slot.Segment]));
        return Live(segments);
    }
}
