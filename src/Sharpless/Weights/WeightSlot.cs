using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Weights;

/// <summary>Where one parameter lies in a segment of weight space.</summary>
/// <param name="Name">Full name, as in <c>state_dict</c>.</param>
/// <param name="Role">What the parameter does.</param>
/// <param name="Segment">Index of the segment.</param>
/// <param name="Offset">First element, counted from the start of the segment.</param>
/// <param name="Shape">Logical shape; convolution weights [outputs, inputs, k, k].</param>
/// <param name="Strides">Steps in the flat buffer: see <see cref="PrecisionExtensions.Layout"/>.</param>
public sealed record WeightSlot(string Name, ParameterRole Role, int Segment, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>Number of weights.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>The parameter's view of a flat buffer of its segment.</summary>
    public Tensor View(Tensor flat)
    {
        ArgumentNullException.ThrowIfNull(flat);
        return flat.as_strided(Shape, Strides, Offset);
    }
}
