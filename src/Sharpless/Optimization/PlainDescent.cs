using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>The base optimizer alone: one gradient at w, then the descent.</summary>
public sealed class PlainDescent(nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer) : Optimizer(model, weights, baseOptimizer)
{
    /// <inheritdoc/>
    public override int GradientEvaluations => 1;

    /// <inheritdoc/>
    protected override StepResult EvaluateGradient(BatchLoss loss) => PlainGradient(loss);
}
