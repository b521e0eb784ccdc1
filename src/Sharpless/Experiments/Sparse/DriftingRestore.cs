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
internal sealed class DriftingRestore(Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho) : Optimizer(model, weights, baseOptimizer)
{
    /// <inheritdoc/>
    public override int GradientEvaluations => 2;

    /// <inheritdoc/>
    protected override StepResult EvaluateGradient(BatchLoss batch)
    {
        using var scope = TensorScope.Begin();
        (double loss, double norm) = Gradient(batch.Descent, moveStatistics: true);
        if (!double.IsFinite(norm)) return new StepResult(loss, loss, norm, Skipped: true);
        Tensor[] perturbation = Weights.NewVector();
        for (int i = 0; i < perturbation.Length; i++) perturbation[i].AddInPlace(Weights.Segments[i].Gradient, rho / (norm + Sam.Epsilon));

        Weights.Ascend(rho / (norm + Sam.Epsilon));
        (double perturbedLoss, double perturbedNorm) = Gradient(batch.Descent, moveStatistics: false);
        if (!double.IsFinite(perturbedNorm)) return new StepResult(loss, perturbedLoss, perturbedNorm, Skipped: true);

        // w moves only now that nothing can fail, so that a skipped step leaves it where it was.
        for (int i = 0; i < perturbation.Length; i++)
        {
            WeightSegment segment = Weights.Segments[i];
            segment.Master.AddInPlace(perturbation[i]);
            segment.Master.AddInPlace(segment.Gradient, -rho / (perturbedNorm + Sam.Epsilon));
        }

        Weights.ApplyMask();                                                     // pruned weights have a gradient, but no perturbation
        return new StepResult(loss, perturbedLoss, perturbedNorm, Skipped: false);
    }
}
