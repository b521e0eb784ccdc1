using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization.Variants;

/// <summary>
/// SAM-ON (arXiv:2306.04226): only scales and shifts of normalization layers are perturbed, by ρ g_N / |g_N| with the norm over them alone. Everything descends with
/// the gradient at w + ε. In a network of normalization parameters only it is SAM.
/// </summary>
public sealed class NormLayerSam(nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho, StatisticsPass statistics)
    : SamVariant(model, weights, baseOptimizer, rho, statistics)
{
    /// <inheritdoc/>
    protected override WeightVector Perturbation(WeightVector g)
    {
        ArgumentNullException.ThrowIfNull(g);
        return Scaled(g.Times(Weights.Constant(slot => slot.Role == ParameterRole.Normalization ? 1 : 0)));
    }
}
