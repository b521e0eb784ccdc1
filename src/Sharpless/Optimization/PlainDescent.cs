using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>The base optimizer alone: one gradient at w, then the descent.</summary>
public sealed class PlainDescent(Module model, WeightSpace weights, BaseOptimizer baseOptimizer) : Optimizer(model, weights, baseOptimizer)
{
    /// <inheritdoc/>
    public override int GradientEvaluations => 1;

    /// <inheritdoc/>
    protected override StepResult EvaluateGradient(Func<Tensor> lossOfBatch)
    {
        (double loss, double norm) = Gradient(lossOfBatch, moveStatistics: true);
        return new StepResult(loss, loss, norm, Skipped: !double.IsFinite(norm));
    }
}
