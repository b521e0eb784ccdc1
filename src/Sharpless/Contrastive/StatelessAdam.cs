using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Contrastive;

/// <summary>Adam that forgets its means before each step, so that w = w - learningRate * g / (|g| + ε): see <see cref="PublishedQuirk.StatelessAdam"/>.</summary>
public sealed class StatelessAdam : BaseOptimizer
{
    private readonly Adam _adam;

    /// <summary>An optimizer for one weight space.</summary>
    public StatelessAdam(WeightSpace weights)
        : base(weights, DecayedWeights.All) => _adam = new Adam(weights, new AdamOptions());

    /// <summary>What the last step left behind; the next one does not read it.</summary>
    public override IReadOnlyDictionary<string, Tensor[]> State => _adam.State;

    /// <inheritdoc/>
    private protected override void Descend(double rate, IReadOnlyList<DescentStretch> stretches)
    {
        foreach (Tensor state in _adam.State.Values.SelectMany(vectors => vectors)) state.fill_(0);
        _adam.LearningRate = rate;
        _adam.Descend();
    }
}
