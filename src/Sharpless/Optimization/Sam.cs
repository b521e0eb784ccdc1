using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>
/// Sharpness-aware minimization (arXiv:2010.01412, Algorithm 1): the gradient at w + ε(w), with ε(w) = ρ g / |g|, drives the base optimizer at w.
/// </summary>
/// <remarks>
/// The norm is that of all parameters together (equation 2 with p = 2). Weight decay takes no part in the ascent: the base optimizer adds it at
/// w, as the published code of arXiv:2305.16292 does. With ρ = 0 there is no ascent, and the step is the base optimizer's.
/// </remarks>
public sealed class Sam : Optimizer
{
    /// <summary>Keeps the ascent finite where the gradient is 0.</summary>
    public const double Epsilon = 1e-12;

    private readonly SamOptions _options;

    /// <summary>SAM around a base optimizer.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Sam(Module model, WeightSpace weights, BaseOptimizer baseOptimizer, SamOptions options)
        : base(model, weights, baseOptimizer)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(options));
        _options = options;
    }

    /// <inheritdoc/>
    public override int GradientEvaluations => _options.Rho == 0 ? 1 : 2;

    /// <inheritdoc/>
    protected override StepResult EvaluateGradient(Func<Tensor> lossOfBatch)
    {
        bool ascends = _options.Rho != 0;
        (double loss, double norm) = Gradient(lossOfBatch, moveStatistics: !ascends || _options.Statistics != StatisticsPass.Second);
        if (!ascends || !double.IsFinite(norm)) return new StepResult(loss, loss, norm, Skipped: !double.IsFinite(norm));

        Weights.Ascend(_options.Rho / (norm + Epsilon));                         // the point becomes w + ε(w); w stays
        (double perturbedLoss, norm) = Gradient(lossOfBatch, moveStatistics: _options.Statistics != StatisticsPass.First);
        return new StepResult(loss, perturbedLoss, norm, Skipped: !double.IsFinite(norm));
    }
}
