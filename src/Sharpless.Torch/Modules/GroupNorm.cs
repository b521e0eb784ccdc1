using Sharpless.Kernels;

namespace Sharpless.Torch.Modules;

/// <summary>Group normalization (arXiv:1803.08494) of [B, C, H, W]: each example by itself, over groups of neighbouring channels. The same in training and evaluation.</summary>
/// <remarks>Computed in float32 whatever the input, as its parameters are; the result has the input's type.</remarks>
public sealed class GroupNorm : ChannelNorm
{
    private readonly long _groups;
    private readonly Parameter _scale;
    private readonly Parameter _shift;

    /// <summary>Scale 1, shift 0.</summary>
    /// <param name="groups">Number of groups; divides C.</param>
    /// <param name="channels">C.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="scaleName">Name of the scale; that of the shift is <c>bias</c>.</param>
    /// <exception cref="ArgumentException">The channels cannot be shared out evenly.</exception>
    public GroupNorm(long groups, long channels, double epsilon = 1e-5, string scaleName = "weight")
    {
        if (groups < 1 || channels % groups != 0) throw new ArgumentException($"{channels} channels cannot be shared out evenly among {groups} groups.", nameof(groups));
        (_groups, Epsilon) = (groups, epsilon);
        _scale = this.Register(scaleName, full([channels], 1, ScalarType.Float32), ParameterRole.Normalization);
        _shift = this.Register("bias", zeros([channels]), ParameterRole.Normalization);
    }

    /// <summary>Added to the variance.</summary>
    public double Epsilon { get; }

    /// <inheritdoc/>
    public override (Tensor Activated, Tensor Sum) forward(Tensor input, Tensor? residual, double negativeSlope)
    {
        ArgumentNullException.ThrowIfNull(input);
        Tensor sum = residual is null ? input.Alias() : input + residual;
        return (Fused.GroupNorm(sum, _groups, _scale, _shift, Epsilon, negativeSlope), sum);
    }
}
