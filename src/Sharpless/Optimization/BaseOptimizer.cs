using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>Takes the descent: moves the master weights by the gradient in weight space, and its own state along with them.</summary>
public abstract class BaseOptimizer : IDisposable
{
    private readonly DecayedWeights _decayed;
    private double? _learningRate;
    private bool[]? _frozen;
    private IReadOnlyList<DescentStretch> _stretches = [];

    /// <summary>An optimizer of the weights in a space, and of no other.</summary>
    private protected BaseOptimizer(WeightSpace weights, DecayedWeights decayed)
    {
        ArgumentNullException.ThrowIfNull(weights);
        (Weights, _decayed) = (weights, decayed);
    }

    /// <summary>The space whose weights it moves.</summary>
    public WeightSpace Weights { get; }

    /// <summary>Learning rate of the next step; schedules set it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to a negative or not finite number.</exception>
    /// <exception cref="InvalidOperationException">Read before it was set.</exception>
    public double LearningRate
    {
        get => _learningRate ?? throw new InvalidOperationException("The learning rate was never set. Set LearningRate before the first step.");
        set => _learningRate = double.IsFinite(value) && value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The learning rate must be a finite number, 0 or more.");
    }

    /// <summary>State that a checkpoint must hold, by name.</summary>
    public abstract IReadOnlyDictionary<string, Tensor[]> State { get; }

    /// <summary>One descent by the gradient that lies in weight space. Frozen parameters, and their state, keep their bits.</summary>
    public void Descend()
    {
        double rate = LearningRate;
        using var scope = NewDisposeScope();
        bool[] frozen = Weights.Frozen();
        if (_frozen is null || !frozen.AsSpan().SequenceEqual(_frozen)) (_frozen, _stretches) = (frozen, DescentStretch.Of(Weights, _decayed, frozen));
        Descend(rate, _stretches);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor vector in State.Values.SelectMany(vectors => vectors)) vector.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The descent, stretch by stretch.</summary>
    private protected abstract void Descend(double rate, IReadOnlyList<DescentStretch> stretches);
}
