namespace Sharpless.Torch.Modules;

/// <summary>A normalization of [B, C, H, W] with a scale and a shift for each channel, together with the addition before it and the leaky ReLU after it.</summary>
public abstract class ChannelNorm : Layer
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => forward(input, negativeSlope: 1);

    /// <summary>Normalizes, then applies the leaky ReLU: slope 0 is ReLU, slope 1 no activation.</summary>
    public Tensor forward(Tensor input, double negativeSlope) => forward(input, null, negativeSlope).Activated;

    /// <summary>Adds a residual first, and returns that sum as well.</summary>
    /// <param name="input">[B, C, H, W].</param>
    /// <param name="residual">Of the same shape; null for none.</param>
    /// <param name="negativeSlope">Slope of the leaky ReLU: 0 is ReLU, 1 no activation.</param>
    /// <returns>The activated tensor, and input + residual (the input itself without a residual).</returns>
    public abstract (Tensor Activated, Tensor Sum) forward(Tensor input, Tensor? residual, double negativeSlope);
}
