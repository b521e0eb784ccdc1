using System.Text.Json.Serialization;
using Sharpless.Optimization;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

// Sharpness-aware minimization.
public sealed partial record TrainOptions
{
    /// <summary>Radius ρ of SAM; 0 trains with the base optimizer. Default 0.</summary>
    [JsonPropertyName("sam-rho")]
    public double SamRho { get; init; }

    /// <summary>Radius of SAM as a multiple of the learning rate of the step, instead of <see cref="SamRho"/>. Default 0.</summary>
    [JsonPropertyName("sam-lr-mult")]
    public double SamLearningRateMultiple { get; init; }

    /// <summary>Share of the epochs from which on SAM ascends. Default 0.</summary>
    [JsonPropertyName("sam-epoch-frac-start")]
    public double SamStart { get; init; }

    /// <summary>Share of the epochs up to which SAM ascends; that epoch is the last one. Default 1.</summary>
    [JsonPropertyName("sam-epoch-frac-end")]
    public double SamEnd { get; init; } = 1;

    /// <summary>Ascent steps of SAM. Default 1.</summary>
    [JsonPropertyName("sam-iters")]
    public int SamIterations { get; init; } = 1;

    /// <summary>Length of an ascent step in multiples of the radius. Default 1.</summary>
    [JsonPropertyName("sam-step-size-mult")]
    public double SamStepMultiple { get; init; } = 1;

    /// <summary>Whether the ascent follows the gradient without dividing it by its norm (USAM). Default no.</summary>
    [JsonPropertyName("sam-no-grad-norm")]
    public bool SamIsUnnormalized { get; init; }

    /// <summary>Whether that perturbation is projected onto the ball of the radius. Default yes, as published.</summary>
    [JsonPropertyName("usam-project")]
    public bool SamProjectsUnnormalized { get; init; } = true;

    /// <summary>Whether the ascent follows the gradient of the batch of the step before. Default no.</summary>
    [JsonPropertyName("sam-use-prev-batch")]
    public bool SamUsesPreviousBatch { get; init; }

    /// <summary>Whether the descent takes only the length of its gradient from w + ε, and the direction from w. Default no.</summary>
    [JsonPropertyName("only-sam-step-size")]
    public bool SamKeepsDirection { get; init; }

    /// <summary>In which pass of SAM batch norm moves its statistics. Default both, as published.</summary>
    [JsonPropertyName("sam-bn")]
    public StatisticsPass SamStatistics { get; init; } = StatisticsPass.Both;

    /// <summary>Radius of SAM by epoch and learning rate.</summary>
    internal RadiusSchedule Radius => new() { Rho = SamRho, LearningRateMultiple = SamLearningRateMultiple, Start = SamStart, End = SamEnd, Epochs = Math.Max(1, Epochs) };

    private SamOptions Sam => new()
    {
        Rho = SamRho,
        Statistics = SamStatistics,
        Iterations = SamIterations,
        StepMultiple = SamStepMultiple,
        NormalizesGradient = !SamIsUnnormalized,
        ProjectsUnnormalized = SamProjectsUnnormalized,
        KeepsDirection = SamKeepsDirection,
    };

    /// <summary>The optimizer of a run, SAM or none of it.</summary>
    internal Optimizer CreateOptimizer(Module model, WeightSpace weights)
    {
        BaseOptimizer descent = CreateBaseOptimizer(weights);
        return Radius.Ascends ? new Sam(model, weights, descent, Sam) { Noise = StepNoise } : new PlainDescent(model, weights, descent) { Noise = StepNoise };
    }

    private IEnumerable<string> SamProblems()
    {
        foreach (string problem in Sam.Problems().Concat(Radius.Problems())) yield return problem;
        if (SamKeepsDirection && SamUsesPreviousBatch) yield return "--only-sam-step-size takes the direction from the step's own batch, so it excludes --sam-use-prev-batch.";
    }
}
