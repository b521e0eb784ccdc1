using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization.Variants;

/// <summary>
/// The step that SAM's relatives share: gradient g at w, perturbation ε, gradient h at w + ε, descent. Each of them replaces a line of it. With ρ = 0 the step
/// is the base optimizer's.
/// </summary>
public abstract class SamVariant : Optimizer
{
    private readonly StatisticsPass _statistics;

    /// <summary>A variant around a base optimizer.</summary>
    /// <param name="model">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="baseOptimizer">Takes the descent.</param>
    /// <param name="rho">Radius ρ, 0 or more.</param>
    /// <param name="statistics">In which pass batch norm moves its running statistics.</param>
    /// <exception cref="ArgumentException">The radius is out of range.</exception>
    protected SamVariant(nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho, StatisticsPass statistics)
        : base(model, weights, baseOptimizer)
    {
        if (new SamOptions { Rho = rho }.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(rho));
        (Rho, _statistics) = (rho, statistics);
    }

    /// <inheritdoc/>
    public override int GradientEvaluations => Rho == 0 ? 1 : 2;

    /// <inheritdoc/>
    protected override StepResult EvaluateGradient(BatchLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (Rho == 0) return PlainGradient(loss);
        (double lossAtW, double norm) = Gradient(loss.Ascent ?? loss.Descent, moveStatistics: _statistics != StatisticsPass.Second);
        if (!double.IsFinite(norm)) return new StepResult(lossAtW, lossAtW, norm, Skipped: true);
        WeightVector g = Weights.Gradient();
        Weights.Perturb(Perturbation(g));
        (double perturbedLoss, norm) = Gradient(loss.Descent, moveStatistics: _statistics != StatisticsPass.First);
        if (!double.IsFinite(norm)) return new StepResult(lossAtW, perturbedLoss, norm, Skipped: true);
        WeightVector h = Weights.Gradient(), descent = Descent(g, h);
        if (descent != h) Weights.SetGradient(descent);
        return new StepResult(lossAtW, perturbedLoss, Weights.GradientNorm(), Skipped: false);
    }

    /// <summary>ε: by default SAM's, ρ g / |g|.</summary>
    /// <param name="g">Gradient at w.</param>
    protected virtual WeightVector Perturbation(WeightVector g) => Scaled(g);

    /// <summary>The gradient that the descent takes: by default that at w + ε.</summary>
    /// <param name="g">Gradient at w.</param>
    /// <param name="h">Gradient at w + ε.</param>
    protected virtual WeightVector Descent(WeightVector g, WeightVector h) => h;

    /// <summary>The vector in a direction whose length is ρ.</summary>
    protected WeightVector Scaled(WeightVector direction)
    {
        ArgumentNullException.ThrowIfNull(direction);
        return direction * (Rho / (direction.Norm() + Sam.Epsilon));
    }
}
