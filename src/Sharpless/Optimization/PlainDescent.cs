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
    protected override StepResult Update(Func<Tensor> lossOfBatch)
    {
        (double loss, double norm) = Gradient(lossOfBatch, moveStatistics: true);
        if (!double.IsFinite(norm)) return new StepResult(loss, loss, norm, Skipped: true);
        BaseOptimizer.Descend(Weights);
        return new StepResult(loss, loss, norm, Skipped: false);
    }
}
