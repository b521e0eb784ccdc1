using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization.Variants;

/// <summary>
/// ASAM (arXiv:2102.11600, Algorithm 1): a ball that scales with the weights. With the normalization operator T = |w| + η, elementwise,
/// ε = ρ T² g / |T g|. Where all |w| + η are 1 it is SAM.
/// </summary>
/// <remarks>T acts on every parameter; the published code leaves biases out of it.</remarks>
public sealed class AdaptiveSam(Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho, StatisticsPass statistics, double eta = AdaptiveSam.DefaultEta)
    : SamVariant(model, weights, baseOptimizer, rho, statistics)
{
    /// <summary>η of the paper.</summary>
    public const double DefaultEta = 0.01;

    /// <inheritdoc/>
    protected override WeightVector Perturbation(WeightVector g)
    {
        WeightVector t = Weights.Master().Abs().Plus(eta), tg = t.Times(g);      // between the parameters g is 0, and so is T g
        return t.Times(Scaled(tg));
    }
}
