using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization.Variants;

/// <summary>
/// F-SAM (arXiv:2403.12350, Algorithm 1): the ascent follows only the noise of the batch. With the moving average m = λ m + (1 - λ) g, which stands for the full
/// gradient, ε = ρ d / |d| for d = g - σ m. σ = 0 is SAM.
/// </summary>
/// <remarks>
/// m starts at 0 and takes in the whole gradient g, not d, before it is subtracted. The published code subtracts the average of the steps before, and starts it
/// with the first gradient. In a step of several parts of a batch each part ascends by its own g and the m before the step, and m moves once, by the mean of
/// their gradients.
/// </remarks>
public sealed class FriendlySam : SamVariant
{
    /// <summary>λ where none is given.</summary>
    public const double DefaultLambda = 0.9;

    private readonly double _sigma;
    private readonly double _lambda;
    private readonly Tensor[] _mean;

    /// <summary>F-SAM around a base optimizer.</summary>
    /// <param name="model">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="baseOptimizer">Takes the descent.</param>
    /// <param name="rho">Radius ρ.</param>
    /// <param name="statistics">In which pass batch norm moves its running statistics.</param>
    /// <param name="sigma">σ: share of the average that is taken out of the gradient.</param>
    /// <param name="lambda">λ, from 0 to below 1.</param>
    public FriendlySam(
        nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho, StatisticsPass statistics, double sigma = 1, double lambda = DefaultLambda)
        : base(model, weights, baseOptimizer, rho, statistics)
    {
        ArgumentNullException.ThrowIfNull(weights);
        (_sigma, _lambda) = (sigma, lambda);
        _mean = weights.NewVector();
        State = new Dictionary<string, Tensor[]> { ["friendly_mean"] = _mean };
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Tensor[]> State { get; }

    /// <inheritdoc/>
    protected override WeightVector Perturbation(WeightVector g)
    {
        ArgumentNullException.ThrowIfNull(g);
        WeightVector mean = (Weights.Live(_mean) * _lambda) + (g * (1 - _lambda));
        KeepForNextStep(_mean, mean);
        return Scaled(_sigma == 0 ? g : g - (mean * _sigma));
    }
}
