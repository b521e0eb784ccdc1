using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization.Variants;

/// <summary>
/// The control of SAM: the gradient at w + ε with ε = ρ z / |z| in a random direction z, drawn anew for each gradient from libtorch's default generator. It takes
/// one gradient for a step; SAM has to beat it. With ρ = 0 the step is the base optimizer's.
/// </summary>
public sealed class RandomPerturbation : Optimizer
{
    /// <summary>Random perturbation around a base optimizer.</summary>
    /// <exception cref="ArgumentException">The radius is out of range.</exception>
    public RandomPerturbation(nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho)
        : base(model, weights, baseOptimizer)
    {
        if (new SamOptions { Rho = rho }.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(rho));
        Rho = rho;
    }

    /// <inheritdoc/>
    public override int GradientEvaluations => 1;

    /// <inheritdoc/>
    protected override StepResult EvaluateGradient(BatchLoss loss)
    {
        if (Rho == 0) return PlainGradient(loss);
        WeightVector z = Weights.Normal();
        Weights.Perturb(z * (Rho / z.Norm()));
        return PlainGradient(loss);
    }
}
