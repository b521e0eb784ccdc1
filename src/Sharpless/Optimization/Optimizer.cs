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
    private static readonly Dictionary<string, Tensor[]> NoState = [];
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

    /// <summary>Random noise in the steps; none by default. It is drawn from libtorch's default generator.</summary>
    public NoiseOptions Noise { get; init; } = new();

    /// <summary>Radius ρ of the next step; schedules set it. With 0 the step is the base optimizer's, which it always is in <see cref="PlainDescent"/>.</summary>
    public double Rho { get; set; }

    /// <summary>Forward and backward passes of the next step on one micro-batch.</summary>
    public abstract int GradientEvaluations { get; }

    /// <summary>State that a checkpoint must hold besides weights and base optimizer, by name: flat Float32 vectors, one for each segment, and numbers.</summary>
    public virtual IReadOnlyDictionary<string, Tensor[]> State => NoState;

    /// <summary>The space that the steps move in.</summary>
    protected WeightSpace Weights { get; }

    /// <summary>One step.</summary>
    /// <param name="lossOfBatch">Computes the loss of the step's batch at the point where the model stands; called once for each gradient evaluation.</param>
    public StepResult Step(Func<Tensor> lossOfBatch)
    {
        ArgumentNullException.ThrowIfNull(lossOfBatch);
        return Step([new BatchLoss(lossOfBatch)]);
    }

    /// <summary>
    /// One step from the parts of a batch: the algorithm runs on each part alone (under SAM each has its own perturbation, m-sharpness of
    /// arXiv:2010.01412), and the descent takes the mean of their gradients.
    /// </summary>
    /// <param name="microBatches">One or more, of one size.</param>
    public StepResult Step(IReadOnlyList<BatchLoss> microBatches)
    {
        ArgumentNullException.ThrowIfNull(microBatches);
        _statistics.Remember();
        bool done = false;
        try
        {
            StepResult result = Evaluate(microBatches);
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
    /// <inheritdoc cref="Step(IReadOnlyList{BatchLoss})"/>
    public StepResult Look(IReadOnlyList<BatchLoss> microBatches)
    {
        ArgumentNullException.ThrowIfNull(microBatches);
        try
        {
            return Evaluate(microBatches);
        }
        finally
        {
            Weights.ReturnToMaster();
        }
    }

    /// <inheritdoc cref="Look(IReadOnlyList{BatchLoss})"/>
    /// <param name="lossOfBatch">As in <see cref="Step(Func{Tensor})"/>.</param>
    public StepResult Look(Func<Tensor> lossOfBatch) => Look([new BatchLoss(lossOfBatch)]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in State.Values.SelectMany(tensors => tensors)) tensor.Dispose();
        _statistics.Dispose();
        BaseOptimizer.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The algorithm on one micro-batch: leaves in weight space the gradient that the descent is to take. Its result is skipped where a gradient is not finite.</summary>
    protected abstract StepResult EvaluateGradient(BatchLoss loss);

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
        if (Noise.GradientScale != 0) Weights.SetGradient(Weights.Gradient() + (Weights.Normal() * Noise.GradientScale));
        return (loss.Item(), Weights.GradientNorm());
    }

    /// <summary>The base optimizer's gradient, without an ascent.</summary>
    protected StepResult PlainGradient(BatchLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        (double value, double norm) = Gradient(loss.Descent, moveStatistics: true);
        return new StepResult(value, value, norm, Skipped: !double.IsFinite(norm));
    }

    private StepResult Evaluate(IReadOnlyList<BatchLoss> microBatches)
    {
        using var scope = TensorScope.Begin();
        using DisturbedWeights? disturbed = Noise.MovesWeights ? new DisturbedWeights(Weights, Noise) : null;
        return microBatches.Count == 1 ? EvaluateGradient(microBatches[0]) : EvaluateMean(microBatches);
    }

    private StepResult EvaluateMean(IReadOnlyList<BatchLoss> microBatches)
    {
        double share = 1.0 / microBatches.Count, loss = 0, perturbedLoss = 0;
        WeightVector mean = Weights.Constant(_ => 0);
        foreach (BatchLoss microBatch in microBatches)
        {
            using var scope = TensorScope.Begin();
            Weights.ReturnToMaster();                                            // the last one may have left the point at w + ε
            StepResult result = EvaluateGradient(microBatch);
            if (result.Skipped) return result;
            mean.AddInPlace(Weights.Gradient(), share);
            (loss, perturbedLoss) = (loss + (share * result.Loss), perturbedLoss + (share * result.PerturbedLoss));
        }

        Weights.SetGradient(mean);
        double norm = Weights.GradientNorm();
        return new StepResult(loss, perturbedLoss, norm, Skipped: !double.IsFinite(norm));
    }
}
