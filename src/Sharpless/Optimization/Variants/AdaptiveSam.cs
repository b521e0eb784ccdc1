using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization.Variants;

/// <summary>
/// ASAM (arXiv:2102.11600, Algorithm 1): a ball that scales with the weights. With the normalization operator T, elementwise |w| + η, ε = ρ T² g / |T g|.
/// Where T is 1 everywhere it is SAM.
/// </summary>
/// <remarks>
/// The paper's T acts on every parameter. The published code has T = 1 for biases, and so does this by default: see <see cref="AdaptedWeights"/>. The norm is over
/// all parameters either way.
/// </remarks>
public sealed class AdaptiveSam : SamVariant
{
    /// <summary>η of the paper.</summary>
    public const double DefaultEta = 0.01;

    private readonly double _eta;
    private readonly IReadOnlyList<WeightSlot> _unscaled;

    /// <summary>ASAM around a base optimizer.</summary>
    /// <param name="model">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="baseOptimizer">Takes the descent.</param>
    /// <param name="rho">Radius ρ.</param>
    /// <param name="statistics">In which pass batch norm moves its running statistics.</param>
    /// <param name="eta">η, 0 or more.</param>
    /// <param name="adapted">Which parameters T scales.</param>
    /// <exception cref="ArgumentException">No parameter would be scaled, or a number is out of range.</exception>
    public AdaptiveSam(
        nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho, StatisticsPass statistics, double eta = DefaultEta,
        AdaptedWeights adapted = AdaptedWeights.Weights)
        : base(model, weights, baseOptimizer, rho, statistics)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (!(eta >= 0 && double.IsFinite(eta))) throw new ArgumentException($"Eta is {eta}; it must be finite and 0 or more.", nameof(eta));
        _eta = eta;
        _unscaled = adapted switch
        {
            AdaptedWeights.Weights => [.. weights.Slots.Where(slot => !slot.Name.Contains("weight", StringComparison.Ordinal))],
            AdaptedWeights.All => [],
            _ => throw new ArgumentOutOfRangeException(nameof(adapted), adapted, "Unknown choice of adapted weights."),
        };
        if (_unscaled.Count == weights.Slots.Count)
        {
            string name = weights.Slots.Count > 0 ? $" (the first is '{weights.Slots[0].Name}')" : "";
            throw new ArgumentException($"No parameter has a name with 'weight' in it{name}, so none would be scaled. Take AdaptedWeights.All.", nameof(adapted));
        }
    }

    /// <inheritdoc/>
    protected override WeightVector Perturbation(WeightVector g)
    {
        WeightVector t = Weights.Master().Abs().Plus(_eta);
        foreach (WeightSlot slot in _unscaled)
        {
            using Tensor view = slot.View(t.Segments[slot.Segment]);
            view.fill_(1);
        }

        return t.Times(Scaled(t.Times(g)));                                      // between the parameters g is 0, and so is T g
    }
}
