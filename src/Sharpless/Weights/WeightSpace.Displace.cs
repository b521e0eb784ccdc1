using Sharpless.Kernels;
using Sharpless.Torch;

namespace Sharpless.Weights;

public sealed partial class WeightSpace
{
    /// <summary>The point becomes w + factor * v, where w is live. w keeps its bits.</summary>
    /// <param name="vector">v: one flat Float32 tensor for each segment, as <see cref="NewVector"/> makes them. Borrowed.</param>
    /// <param name="factor">What v is multiplied with.</param>
    public void Displace(IReadOnlyList<Tensor> vector, double factor = 1)
    {
        ArgumentNullException.ThrowIfNull(vector);
        for (int i = 0; i < _segments.Count; i++) WeightPass.Ascend(_segments[i].Master, vector[i], factor, MaskArgument(i), _segments[i].Point);
    }
}
