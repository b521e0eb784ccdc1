using Sharpless.Kernels;

namespace Sharpless.Torch.Modules;

/// <summary>Layer normalization (arXiv:1607.06450) over the last dimension.</summary>
/// <remarks>Computed in float32 whatever the input, as its parameters are; the result has the input's type.</remarks>
public sealed class LayerNorm : Layer
{
    private readonly Parameter _scale;
    private readonly Parameter _shift;

    /// <summary>Scale 1, shift 0.</summary>
    /// <param name="width">Size of the last dimension.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="scaleName">Name of the scale; that of the shift is <c>bias</c>.</param>
    public LayerNorm(long width, double epsilon = 1e-5, string scaleName = "weight")
    {
        Epsilon = epsilon;
        _scale = this.Register(scaleName, full([width], 1, ScalarType.Float32), ParameterRole.Normalization);
        _shift = this.Register("bias", zeros([width]), ParameterRole.Normalization);
    }

    /// <summary>Added to the variance.</summary>
    public double Epsilon { get; }

    /// <summary>[..., width] to the same shape.</summary>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Fused.LayerNorm(input, _scale, _shift, Epsilon);
    }
}
