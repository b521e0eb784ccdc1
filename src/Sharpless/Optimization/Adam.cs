using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>Settings of <see cref="Adam"/>.</summary>
public sealed record AdamOptions
{
    /// <summary>Decay of the mean of gradients, from 0 to below 1. Default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of their squares, from 0 to below 1. Default 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second mean, above 0. Default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay, part of the gradient (coupled, not AdamW). Default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>What it acts on. Default all weights.</summary>
    public DecayedWeights Decayed { get; init; }

    internal IEnumerable<string> Problems()
    {
        if (!(Beta1 >= 0 && Beta1 < 1)) yield return $"Beta1 is {Beta1}; it must be from 0 to below 1.";
        if (!(Beta2 >= 0 && Beta2 < 1)) yield return $"Beta2 is {Beta2}; it must be from 0 to below 1.";
        if (!(Epsilon > 0 && double.IsFinite(Epsilon))) yield return $"Epsilon is {Epsilon}; it must be finite and above 0.";
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay))) yield return $"WeightDecay is {WeightDecay}; it must be finite and 0 or more.";
    }
}

/// <summary>
/// Adam (arXiv:1412.6980, Algorithm 1), as <c>torch.optim.Adam</c>: d = g + weightDecay * w; m = β1 m + (1 - β1) d; v = β2 v + (1 - β2) d²;
/// w = w - learningRate / (1 - β1^t) * m / (√v / √(1 - β2^t) + ε).
/// </summary>
public sealed class Adam : BaseOptimizer
{
    private readonly AdamOptions _options;
    private readonly Tensor[] _mean;
    private readonly Tensor[] _square;
    private readonly Tensor _steps = zeros([1], ScalarType.Int64);

    /// <summary>An optimizer for one weight space; its means start at 0.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Adam(WeightSpace weights, AdamOptions options)
        : base(weights, options?.Decayed ?? default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(options));
        _options = options;
        (_mean, _square) = (weights.NewVector(), weights.NewVector());
        State = new Dictionary<string, Tensor[]> { ["adam_mean"] = _mean, ["adam_square"] = _square, ["adam_steps"] = [_steps] };
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Tensor[]> State { get; }

    /// <inheritdoc/>
    private protected override void Descend(double rate, IReadOnlyList<DescentStretch> stretches)
    {
        long steps = (long)_steps.Item() + 1;
        foreach (DescentStretch stretch in stretches)
        {
            WeightSegment part = Weights.Part(stretch.Segment, stretch.Start, stretch.Length, out Tensor? mask);
            Tensor mean = _mean[stretch.Segment].narrow(0, stretch.Start, stretch.Length), square = _square[stretch.Segment].narrow(0, stretch.Start, stretch.Length);
            var rates = new AdamRates
            {
                LearningRate = rate * stretch.RateFactor, Beta1 = _options.Beta1, Beta2 = _options.Beta2, Epsilon = _options.Epsilon,
                WeightDecay = _options.WeightDecay * stretch.DecayFactor,
            };
            WeightPass.DescendAdam(part.Master, part.Gradient, (mean, square), steps, rates, mask, part.Point);
        }

        _steps.fill_(steps);
    }
}
