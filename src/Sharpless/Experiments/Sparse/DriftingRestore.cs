using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Experiments.Sparse;

/// <summary>
/// SAM with the published exercise's fault, kept to show what it does: after the second pass w does not come back, but a perturbation made of the
/// second gradient is subtracted. With g the gradient at w and h that at w + ε(w): w = w + ρ g / |g| - ρ h / |h|, then the descent with h.
/// </summary>
/// <remarks>Right is <see cref="Sam"/>. The descent is the base optimizer's here too; the published program writes -lr h by hand, which is the same without momentum and weight decay.</remarks>
internal sealed class DriftingRestore(nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho) : Optimizer(model, weights, baseOptimizer)
{
    private readonly Tensor[] _masters = [.. weights.Segments.Select(segment => segment.Master)];

    /// <inheritdoc/>
    public override int GradientEvaluations => 2;

    /// <inheritdoc/>
    protected override StepResult EvaluateGradient(BatchLoss batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        (double loss, double norm) = Gradient(batch.Descent, moveStatistics: true);
        if (!double.IsFinite(norm)) return new StepResult(loss, loss, norm, Skipped: true);
        WeightVector drifted = Weights.Master();
        drifted.AddInPlace(Weights.Gradient(), rho / (norm + Sam.Epsilon));

        Weights.Ascend(rho / (norm + Sam.Epsilon));
        (double perturbedLoss, double perturbedNorm) = Gradient(batch.Descent, moveStatistics: false);
        if (!double.IsFinite(perturbedNorm)) return new StepResult(loss, perturbedLoss, perturbedNorm, Skipped: true);
        drifted.AddInPlace(Weights.Gradient(), -rho / (perturbedNorm + Sam.Epsilon));
        KeepForNextStep(_masters, drifted);
        return new StepResult(loss, perturbedLoss, perturbedNorm, Skipped: false);
    }
}
