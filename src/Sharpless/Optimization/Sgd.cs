using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>Settings of <see cref="Sgd"/>.</summary>
public sealed record SgdOptions
{
    /// <summary>Momentum, from 0 to below 1. Default 0.9.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Weight decay. Default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>What it acts on. Default all weights, normalization and biases too, as published.</summary>
    public DecayedWeights Decayed { get; init; }

    internal IEnumerable<string> Problems()
    {
        if (!(Momentum >= 0 && Momentum < 1)) yield return $"Momentum is {Momentum}; it must be from 0 to below 1.";
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay))) yield return $"WeightDecay is {WeightDecay}; it must be finite and 0 or more.";
    }
}

/// <summary>
/// Stochastic gradient descent with momentum, as <c>torch.optim.SGD</c> without dampening and Nesterov:
/// d = g + weightDecay * w; m = momentum * m + d; w = w - learningRate * m. Weight decay acts at w, not in the gradient that SAM ascends.
/// </summary>
public sealed class Sgd : BaseOptimizer
{
    private readonly SgdOptions _options;
    private readonly Tensor[] _momentum;

    /// <summary>An optimizer for one weight space; its momentum starts at 0.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Sgd(WeightSpace weights, SgdOptions options)
        : base(weights, options?.Decayed ?? default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(options));
        _options = options;
        _momentum = weights.NewVector();
        State = new Dictionary<string, Tensor[]> { ["momentum"] = _momentum };
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Tensor[]> State { get; }

    /// <inheritdoc/>
    private protected override void Descend(double rate, IReadOnlyList<DescentStretch> stretches)
    {
        foreach (DescentStretch stretch in stretches)
        {
            WeightSegment part = Weights.Part(stretch.Segment, stretch.Start, stretch.Length, out Tensor? mask);
            Tensor momentum = _momentum[stretch.Segment].narrow(0, stretch.Start, stretch.Length);
            WeightPass.Descend(
                part.Master, part.Gradient, momentum, rate * stretch.RateFactor, _options.Momentum, _options.WeightDecay * stretch.DecayFactor, mask, part.Point);
        }
    }
}
