using Sharpless.Kernels;

namespace Sharpless.Torch.Modules;

/// <summary>
/// Two-dimensional convolution of [B, C, H, W]. Without bias, and in bfloat16, it calls our own operator, which has kernels for bfloat16 on the
/// CPU and leaves the rest to libtorch.
/// </summary>
public sealed class Convolution : WeightLayer
{
    private readonly long _stride;
    private readonly long _padding;

    /// <summary>A convolution with weights that are not initialised; see <see cref="Initialization"/>.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    /// <param name="stride">Step between outputs.</param>
    /// <param name="padding">Zeros on each side.</param>
    /// <param name="bias">Whether each output channel has a bias.</param>
    public Convolution(long inputs, long outputs, long kernel, long stride = 1, long padding = 0, bool bias = true)
    {
        (_stride, _padding) = (stride, padding);
        Weight = this.Register("weight", zeros([outputs, inputs, kernel, kernel]), ParameterRole.Weight);
        if (bias) Bias = this.Register("bias", zeros([outputs]), ParameterRole.Bias);
    }

    /// <summary>[outputs, inputs, kernel, kernel].</summary>
    public override Parameter Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>[B, inputs, H, W] to [B, outputs, H', W'].</summary>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Observed(Fused.Convolution(input, Weight, _stride, _padding, Bias));
    }
}
