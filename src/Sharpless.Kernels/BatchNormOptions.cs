namespace Sharpless.Kernels;

/// <summary>
/// How <see cref="Fused.BatchNorm"/> normalizes. The defaults are PyTorch's in training, with a ReLU after it.
/// </summary>
public sealed record BatchNormOptions
{
    /// <summary>Whether the statistics are those of the batch; else the running ones.</summary>
    public bool Training { get; init; } = true;

    /// <summary>Whether training also moves the running statistics. SAM leaves them in one of its passes.</summary>
    public bool MovesStatistics { get; init; } = true;

    /// <summary>Share of the batch in the running statistics, 0 to 1.</summary>
    public double Momentum { get; init; } = 0.1;

    /// <summary>Added to the variance.</summary>
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Of the activation: 0 for ReLU, 1 for none.</summary>
    public double NegativeSlope { get; init; }
}
