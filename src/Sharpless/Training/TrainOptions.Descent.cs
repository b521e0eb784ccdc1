using System.Text.Json.Serialization;
using Sharpless.Optimization;
using Sharpless.Weights;

namespace Sharpless.Training;

// The base optimizer, and its learning rate over time.
public sealed partial record TrainOptions
{
    /// <summary>Base optimizer. Default SGD.</summary>
    [JsonPropertyName("optimizer")]
    public DescentKind Optimizer { get; init; }

    /// <summary>Peak learning rate. Default 0.1.</summary>
    [JsonPropertyName("lr-max")]
    public double MaximumLearningRate { get; init; } = 0.1;

    /// <summary>Learning rate over time, one of <see cref="LearningRateSchedule.Names"/>. Default piecewise.</summary>
    [JsonPropertyName("lr-schedule")]
    public string Schedule { get; init; } = "piecewise";

    /// <summary>Growth of the first phase of the piecewise_0Xepochs schedules. Default 1.</summary>
    [JsonPropertyName("warmup-factor")]
    public double WarmupFactor { get; init; } = 1;

    /// <summary>Its exponent. Default 1.</summary>
    [JsonPropertyName("warmup-exp")]
    public double WarmupExponent { get; init; } = 1;

    /// <summary>Momentum of SGD. Default 0.9.</summary>
    [JsonPropertyName("momentum")]
    public double Momentum { get; init; } = 0.9;

    /// <summary>Weight decay. Default 0.</summary>
    [JsonPropertyName("l2-reg")]
    public double WeightDecay { get; init; }

    /// <summary>What weight decay acts on. Default all weights, as published.</summary>
    [JsonPropertyName("l2-reg-on")]
    public DecayedWeights Decayed { get; init; }

    /// <summary>Parts of a batch whose gradients are averaged; under SAM each has its own perturbation. Default 1.</summary>
    [JsonPropertyName("acc-steps")]
    public int MicroBatches { get; init; } = 1;

    /// <summary>Whether the moving average of the weights is kept and evaluated too. Default no.</summary>
    [JsonPropertyName("swa")]
    public bool AveragesWeights { get; init; }

    /// <summary>Share that the moving average keeps of itself at each step. Default 0.999.</summary>
    [JsonPropertyName("swa-tau")]
    public double AverageDecay { get; init; } = 0.999;

    /// <summary>Learning rate by fractional epoch.</summary>
    internal LearningRateSchedule LearningRate => new()
    {
        Name = Schedule, Maximum = MaximumLearningRate, Epochs = Math.Max(1, Epochs), WarmupFactor = WarmupFactor, WarmupExponent = WarmupExponent,
    };

    private SgdOptions Sgd => new() { Momentum = Momentum, WeightDecay = WeightDecay, Decayed = Decayed };

    private BaseOptimizer CreateBaseOptimizer(WeightSpace weights) => Optimizer switch
    {
        DescentKind.Sgd => new Sgd(weights, Sgd),
        DescentKind.Adam => new Adam(weights, new AdamOptions { WeightDecay = WeightDecay, Decayed = Decayed }),
        _ => throw new InvalidOperationException($"Bug in Sharpless: no base optimizer {Optimizer}."),
    };

    private IEnumerable<string> DescentProblems()
    {
        if (!LearningRateSchedule.Names.Contains(Schedule)) yield return $"There is no schedule '{Schedule}'; known: {string.Join(", ", LearningRateSchedule.Names)}.";
        if (!(MaximumLearningRate >= 0 && double.IsFinite(MaximumLearningRate))) yield return $"--lr-max is {MaximumLearningRate}; it must be finite and 0 or more.";
        foreach (string problem in Sgd.Problems()) yield return problem;
        if (MicroBatches < 1 || MicroBatches > BatchSize) yield return $"--acc-steps is {MicroBatches}; a batch of {BatchSize} can be cut into 1 to {BatchSize} parts.";
        if (!(AverageDecay >= 0 && AverageDecay <= 1)) yield return $"--swa-tau is {AverageDecay}; it must be from 0 to 1.";
    }
}
