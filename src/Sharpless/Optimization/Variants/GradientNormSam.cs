using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization.Variants;

/// <summary>
/// Penalty on the norm of the gradient by a difference of two gradients (arXiv:2202.03599, Algorithm 1): descends (1 - α) g + α h, which is the gradient of
/// L + α ρ |∇L| to first order in ρ. α = 1 is SAM, α = 0 the base optimizer.
/// </summary>
public sealed class GradientNormSam(nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho, StatisticsPass statistics, double alpha = GradientNormSam.DefaultAlpha)
    : SamVariant(model, weights, baseOptimizer, rho, statistics)
{
    /// <summary>α where none is given.</summary>
    public const double DefaultAlpha = 0.8;

    /// <inheritdoc/>
    protected override WeightVector Descent(WeightVector g, WeightVector h)
    {
        ArgumentNullException.ThrowIfNull(g);
        ArgumentNullException.ThrowIfNull(h);
        return alpha switch
        {
            0 => g,
            1 => h,
            _ => (g * (1 - alpha)) + (h * alpha),
        };
    }
}
