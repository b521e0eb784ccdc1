namespace Sharpless.Optimization.Variants;

/// <summary>Which parameters <see cref="AdaptiveSam"/> scales its ball with. The others are perturbed as in SAM.</summary>
public enum AdaptedWeights
{
    /// <summary>
    /// Those whose name contains <c>weight</c>, as the published code does: matrices, convolutions and the scales of normalization, but not biases, shifts,
    /// class tokens and positions.
    /// </summary>
    Weights,
    /// <summary>All, as the algorithm in the paper says.</summary>
    All,
}
