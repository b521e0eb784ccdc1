using Sharpless.Kernels;

namespace Sharpless.Torch.Modules;

/// <summary>
/// Batch normalization (arXiv:1502.03167) of [B, C, H, W] or [B, C], fused with the addition before it and the leaky ReLU after it.
/// </summary>
/// <remarks>
/// Training normalizes with the biased variance of the batch; the running variance moves towards the unbiased one, as in PyTorch.
/// Parameters and running statistics are float32 whatever the input.
/// </remarks>
public sealed class BatchNorm : ChannelNorm
{
    private readonly Parameter _scale;
    private readonly Parameter _shift;
    private readonly Tensor _runningMean;
    private readonly Tensor _runningVariance;

    /// <summary>Scale 1, shift 0, running mean 0 and variance 1.</summary>
    /// <param name="channels">C.</param>
    /// <param name="momentum">Share of the new batch in the running statistics.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public BatchNorm(long channels, double momentum = 0.1, double epsilon = 1e-5)
    {
        (Momentum, Epsilon) = (momentum, epsilon);
        _scale = this.Register("weight", full([channels], 1, ScalarType.Float32), ParameterRole.Normalization);
        _shift = this.Register("bias", zeros([channels]), ParameterRole.Normalization);
        _runningMean = zeros([channels]);
        register_buffer("running_mean", _runningMean);
        _runningVariance = full([channels], 1, ScalarType.Float32);
        register_buffer("running_var", _runningVariance);
    }

    /// <summary>Share of the new batch in the running statistics.</summary>
    public double Momentum { get; set; }

    /// <summary>Added to the variance.</summary>
    public double Epsilon { get; }

    /// <summary>Whether training passes move the running statistics. SAM switches it between its two passes.</summary>
    public bool MovesStatistics { get; set; } = true;

    /// <summary>Whether training normalizes with the running statistics instead of those of the batch, and leaves them alone.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Running mean 0 and variance 1, as in a new layer.</summary>
    public void ResetStatistics()
    {
        _runningMean.fill_(0);
        _runningVariance.fill_(1);
    }

    /// <inheritdoc/>
    public override (Tensor Activated, Tensor Sum) forward(Tensor input, Tensor? residual, double negativeSlope)
    {
        bool batchStatistics = training && !IsFrozen;
        if (batchStatistics && input.NumberOfElements == input.size(1))
        {
            throw new InvalidOperationException(
                $"Batch norm in training takes the variance over a batch, but [{string.Join(", ", input.shape)}] holds one value for each channel. Give it two examples or more, or freeze its statistics.");
        }

        return Fused.BatchNorm(input, residual, _scale, _shift, (_runningMean, _runningVariance), new BatchNormOptions
        {
            Training = batchStatistics, MovesStatistics = batchStatistics && MovesStatistics, Momentum = Momentum, Epsilon = Epsilon, NegativeSlope = negativeSlope,
        });
    }
}
