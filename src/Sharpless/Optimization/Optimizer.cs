using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>
/// One update of the weights from a batch: some gradient evaluations, then the base optimizer's descent. A gradient that is not finite skips
/// the step, and a loss that throws ends it: then everything is as it was, weights, batch-norm statistics and the states of base optimizer, algorithm and
/// libtorch's default generator.
/// </summary>
public abstract class Optimizer : IDisposable
{
    private static readonly Dictionary<string, Tensor[]> NoState = [];
    private readonly nn.Module _model;
    private NextState? _next;
    private double _share = 1;

    /// <summary>An optimizer over a model's weight space.</summary>
    protected Optimizer(nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(baseOptimizer);
        if (!ReferenceEquals(weights.Model, model)) throw new ArgumentException("The weight space is that of another model. Make one of this model.", nameof(weights));
        if (!ReferenceEquals(baseOptimizer.Weights, weights))
        {
            throw new ArgumentException("The base optimizer moves the weights of another space. Make it of this one.", nameof(baseOptimizer));
        }

        (_model, Weights, BaseOptimizer) = (model, weights, baseOptimizer);
    }

    /// <summary>Takes the descent.</summary>
    public BaseOptimizer BaseOptimizer { get; }

    /// <summary>Random noise in the steps; none by default. It is drawn from libtorch's default generator.</summary>
    public NoiseOptions Noise { get; init; } = new();

    /// <summary>Radius ρ of the next step; schedules set it. With 0 the step is the base optimizer's, which it always is in <see cref="PlainDescent"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to a negative or not finite number.</exception>
    public double Rho
    {
        get;
        set => field = double.IsFinite(value) && value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The radius rho must be a finite number, 0 or more.");
    }

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
    /// arXiv:2010.01412) from the state before the step. The descent takes the mean of their gradients, and the state of the algorithm becomes the mean of
    /// what each part would leave; a count of steps goes on by one.
    /// </summary>
    /// <param name="microBatches">One or more, of one size.</param>
    public StepResult Step(IReadOnlyList<BatchLoss> microBatches)
    {
        ArgumentNullException.ThrowIfNull(microBatches);
        _ = BaseOptimizer.LearningRate;                                          // that it was set is known before any work
        Weights.TakeInChanges();
        using var before = RememberedState.Of(_model);
        using var next = new NextState();
        bool isSure = false, isDone = false;
        try
        {
            StepResult result = Evaluate(microBatches, next);
            if (result.Skipped) return result;
            isSure = true;
            next.Exchange();
            BaseOptimizer.Descend();                                      // momentum and weight decay at w
            isDone = true;
            before.Keep();
            AfterStep();
            return result;
        }
        finally
        {
            if (isSure && !isDone) next.Exchange();
            if (!isDone) Weights.ReturnToMaster();
        }
    }

    /// <summary>
    /// The passes of a step without its descent: batch-norm statistics move as in a step, and nothing else does. The published training looks at one batch so,
    /// before its first step, with batch norm as in training and all else (dropout) as in evaluation. A look that finds no finite gradient moves nothing.
    /// </summary>
    /// <inheritdoc cref="Step(IReadOnlyList{BatchLoss})"/>
    public StepResult Look(IReadOnlyList<BatchLoss> microBatches)
    {
        ArgumentNullException.ThrowIfNull(microBatches);
        Weights.TakeInChanges();
        using var before = RememberedState.Of(_model);
        using var next = new NextState();
        try
        {
            _model.train(false);
            foreach (nn.Module layer in _model.All().Where(module => module.GetType().Name.Contains("BatchNorm", StringComparison.Ordinal))) layer.train();
            StepResult result = Evaluate(microBatches, next);
            if (!result.Skipped) before.KeepBuffers();
            return result;
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
        BaseOptimizer.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// The algorithm on one micro-batch: leaves in weight space the gradient that the descent is to take. Its result is skipped where a gradient is not finite. It
    /// changes neither w nor <see cref="State"/>: what they become goes to <see cref="KeepForNextStep"/>.
    /// </summary>
    protected abstract StepResult EvaluateGradient(BatchLoss loss);

    /// <summary>Tells what a state becomes if the step is taken; until then the state stays.</summary>
    /// <param name="state">Tensors of the algorithm, one for each segment of weight space: the same list in every call.</param>
    /// <param name="value">What they become by this micro-batch alone.</param>
    protected void KeepForNextStep(IReadOnlyList<Tensor> state, WeightVector value)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(value);
        if (_next is null) throw new InvalidOperationException("What is kept for the next step is told while a gradient is evaluated.");
        _next.Add(state, value, _share);
    }

    /// <summary>Called once after each step that was taken: for counts of steps.</summary>
    protected virtual void AfterStep()
    {
    }

    /// <summary>Gradient of the loss at the point where the model stands.</summary>
    /// <param name="lossOfBatch">The loss.</param>
    /// <param name="moveStatistics">Whether batch norm moves its running statistics in this pass.</param>
    /// <returns>The loss, and the norm of its gradient, which lies in weight space.</returns>
    protected (double Loss, double GradientNorm) Gradient(Func<Tensor> lossOfBatch, bool moveStatistics)
    {
        ArgumentNullException.ThrowIfNull(lossOfBatch);
        using var scope = NewDisposeScope();
        using RestingStatistics? resting = moveStatistics ? null : new RestingStatistics(_model);
        Weights.ZeroGradient();
        Tensor loss = lossOfBatch();
        loss.Backward();
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

    // The passes of a step, and the one place that decides whether it can be taken.
    private StepResult Evaluate(IReadOnlyList<BatchLoss> microBatches, NextState next)
    {
        using var scope = NewDisposeScope();
        using DisturbedWeights? disturbed = Noise.MovesWeights ? new DisturbedWeights(Weights, Noise) : null;
        (_next, _share) = (next, 1.0 / microBatches.Count);
        StepResult result = microBatches.Count == 1 ? EvaluateGradient(microBatches[0]) : EvaluateMean(microBatches);
        return result with { Skipped = result.Skipped || !double.IsFinite(result.GradientNorm) || !next.IsFinite };
    }

    private StepResult EvaluateMean(IReadOnlyList<BatchLoss> microBatches)
    {
        double loss = 0, perturbedLoss = 0;
        WeightVector mean = Weights.Constant(_ => 0);
        foreach (BatchLoss microBatch in microBatches)
        {
            using var scope = NewDisposeScope();
            Weights.ReturnToMaster();                                            // the last one may have left the point at w + ε
            StepResult result = EvaluateGradient(microBatch);
            if (result.Skipped) return result;
            mean.AddInPlace(Weights.Gradient(), _share);
            (loss, perturbedLoss) = (loss + (_share * result.Loss), perturbedLoss + (_share * result.PerturbedLoss));
        }

        Weights.SetGradient(mean);
        return new StepResult(loss, perturbedLoss, Weights.GradientNorm(), Skipped: false);
    }
}
