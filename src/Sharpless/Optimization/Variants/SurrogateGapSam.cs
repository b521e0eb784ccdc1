using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization.Variants;

/// <summary>
/// GSAM (arXiv:2203.08065, Algorithm 1): descends h - α g⊥, where g⊥ is the part of the gradient at w that is orthogonal to h. That lowers the surrogate gap between
/// perturbed loss and loss without raising the perturbed loss. α = 0 is SAM.
/// </summary>
/// <remarks>The paper lets ρ follow the learning rate; here a <see cref="RadiusSchedule"/> does.</remarks>
public sealed class SurrogateGapSam(nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho, StatisticsPass statistics, double alpha = SurrogateGapSam.DefaultAlpha)
    : SamVariant(model, weights, baseOptimizer, rho, statistics)
{
    /// <summary>α where none is given.</summary>
    public const double DefaultAlpha = 0.4;

    /// <inheritdoc/>
    protected override WeightVector Descent(WeightVector g, WeightVector h)
    {
        ArgumentNullException.ThrowIfNull(g);
        ArgumentNullException.ThrowIfNull(h);
        if (alpha == 0) return h;
        WeightVector parallel = h * (g.Dot(h) / (h.Dot(h) + Sam.Epsilon)), orthogonal = g - parallel;
        return h - (orthogonal * alpha);
    }
}
