using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>
/// One update of the weights from a batch: some gradient evaluations, then the base optimizer's descent. A gradient that is not finite skips
/// the step and leaves everything as it was.
/// </summary>
public abstract class Optimizer : IDisposable
{
    private readonly BatchNormStatistics _statistics;

    /// <summary>An optimizer over a model's weight space.</summary>
    protected Optimizer(Module model, WeightSpace weights, BaseOptimizer baseOptimizer)
    {
        Weights = weights;
        BaseOptimizer = baseOptimizer;
        _statistics = new BatchNormStatistics(model);
    }

    /// <summary>Takes the descent.</summary>
    public BaseOptimizer BaseOptimizer { get; }

    /// <summary>Forward and backward passes of one step.</summary>
    public abstract int GradientEvaluations { get; }

    /// <summary>The space that the steps move in.</summary>
    protected WeightSpace Weights { get; }

    /// <summary>One step.</summary>
    /// <param name="lossOfBatch">Computes the loss of the step's batch at the point where the model stands; called once for each gradient evaluation.</param>
    public StepResult Step(Func<Tensor> lossOfBatch)
    {
        ArgumentNullException.ThrowIfNull(lossOfBatch);
        _statistics.Remember();
        bool done = false;
        try
        {
            StepResult result = EvaluateGradient(lossOfBatch);
            if (result.Skipped) return result;
            BaseOptimizer.Descend(Weights);                                      // momentum and weight decay at w
            done = true;
            return result;
        }
        finally
        {
            if (!done)
            {
                Weights.ReturnToMaster();
                _statistics.TakeBack();
            }
        }
    }

    /// <summary>The passes of a step without its descent: only batch-norm statistics move. The published training looks at one batch so, before its first step.</summary>
    /// <inheritdoc cref="Step"/>
    public StepResult Look(Func<Tensor> lossOfBatch)
    {
        ArgumentNullException.ThrowIfNull(lossOfBatch);
        try
        {
            return EvaluateGradient(lossOfBatch);
        }
        finally
        {
            Weights.ReturnToMaster();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statistics.Dispose();
        BaseOptimizer.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The algorithm: leaves in weight space the gradient that the descent is to take. Its result is skipped where a gradient is not finite.</summary>
    protected abstract StepResult EvaluateGradient(Func<Tensor> lossOfBatch);

    /// <summary>Gradient of the loss at the point where the model stands.</summary>
    /// <param name="lossOfBatch">The loss.</param>
    /// <param name="moveStatistics">Whether batch norm moves its running statistics in this pass.</param>
    /// <returns>The loss, and the norm of its gradient, which lies in weight space.</returns>
    protected (double Loss, double GradientNorm) Gradient(Func<Tensor> lossOfBatch, bool moveStatistics)
    {
        ArgumentNullException.ThrowIfNull(lossOfBatch);
        using var scope = TensorScope.Begin();
        _statistics.Move = moveStatistics;
        Weights.ZeroGradient();
        Tensor loss = lossOfBatch();
        loss.Backward();
        _statistics.Move = true;
        return (loss.Item(), Weights.GradientNorm());
    }
}
