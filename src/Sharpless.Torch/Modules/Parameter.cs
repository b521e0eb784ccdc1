namespace Sharpless.Torch.Modules;

/// <summary>A trainable tensor of a module. Weight space replaces <see cref="Value"/> by a view of its flat buffer.</summary>
/// <param name="value">First value; the module owns it.</param>
/// <param name="role">What the parameter does in its module.</param>
public sealed class Parameter(Tensor value, ParameterRole role)
{
    /// <summary>The tensor that the module computes with: a leaf that requires a gradient.</summary>
    public Tensor Value { get; set; } = value;

    /// <summary>What the parameter does; decides its type in mixed precision, and whether pruning may touch it.</summary>
    public ParameterRole Role { get; } = role;
}

/// <summary>What a parameter does in its module.</summary>
public enum ParameterRole
{
    /// <summary>Weight of a convolution or a matrix product.</summary>
    Weight,
    /// <summary>Bias of a convolution or a matrix product.</summary>
    Bias,
    /// <summary>Scale or shift of a normalization; always float32.</summary>
    Normalization,
}
