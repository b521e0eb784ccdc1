using System.Text.Json.Serialization;
using Sharpless.Optimization;

namespace Sharpless.Training;

// The base optimizer, and its learning rate over time.
public sealed partial record TrainOptions
{
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

    /// <summary>Weight decay over all weights. Default 0.</summary>
    [JsonPropertyName("l2-reg")]
    public double WeightDecay { get; init; }

    /// <summary>Learning rate by fractional epoch.</summary>
    internal LearningRateSchedule LearningRate => new()
    {
        Name = Schedule, Maximum = MaximumLearningRate, Epochs = Math.Max(1, Epochs), WarmupFactor = WarmupFactor, WarmupExponent = WarmupExponent,
    };

    private SgdOptions Sgd => new() { Momentum = Momentum, WeightDecay = WeightDecay };

    private IEnumerable<string> DescentProblems()
    {
        if (!LearningRateSchedule.Names.Contains(Schedule)) yield return $"There is no schedule '{Schedule}'; known: {string.Join(", ", LearningRateSchedule.Names)}.";
        if (!(MaximumLearningRate >= 0 && double.IsFinite(MaximumLearningRate))) yield return $"--lr-max is {MaximumLearningRate}; it must be finite and 0 or more.";
        foreach (string problem in Sgd.Problems()) yield return problem;
    }
}
