using System.Text.Json.Serialization;
using Sharpless.Optimization;
using Sharpless.Optimization.Variants;
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

    /// <summary>Relative of SAM to train with. Default SAM itself.</summary>
    [JsonPropertyName("sam-variant")]
    public SamVariantKind SamVariant { get; init; }

    /// <summary>η of ASAM. Default 0.01.</summary>
    [JsonPropertyName("sam-eta")]
    public double SamEta { get; init; } = AdaptiveSam.DefaultEta;

    /// <summary>α of GSAM, LookSAM and the gradient-norm penalty; -1 for the variant's own. Default -1.</summary>
    [JsonPropertyName("sam-alpha")]
    public double SamAlpha { get; init; } = -1;

    /// <summary>Steps from one ascent of LookSAM to the next. Default 5.</summary>
    [JsonPropertyName("sam-period")]
    public int SamPeriod { get; init; } = LookSam.DefaultPeriod;

    /// <summary>σ of F-SAM. Default 1.</summary>
    [JsonPropertyName("sam-sigma")]
    public double SamSigma { get; init; } = 1;

    /// <summary>λ of F-SAM. Default 0.9.</summary>
    [JsonPropertyName("sam-lambda")]
    public double SamLambda { get; init; } = FriendlySam.DefaultLambda;

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
    internal Optimizer CreateOptimizer(nn.Module model, WeightSpace weights)
    {
        BaseOptimizer descent = CreateBaseOptimizer(weights);
        if (!Radius.Ascends) return new PlainDescent(model, weights, descent) { Noise = StepNoise };
        return SamVariant switch
        {
            SamVariantKind.Sam => new Sam(model, weights, descent, Sam) { Noise = StepNoise },
            SamVariantKind.Asam => new AdaptiveSam(model, weights, descent, SamRho, SamStatistics, SamEta) { Noise = StepNoise },
            SamVariantKind.AsamAll => new AdaptiveSam(model, weights, descent, SamRho, SamStatistics, SamEta, AdaptedWeights.All) { Noise = StepNoise },
            SamVariantKind.Gsam => new SurrogateGapSam(model, weights, descent, SamRho, SamStatistics, AlphaOr(SurrogateGapSam.DefaultAlpha)) { Noise = StepNoise },
            SamVariantKind.LookSam => new LookSam(model, weights, descent, SamRho, SamStatistics, SamPeriod, AlphaOr(LookSam.DefaultAlpha)) { Noise = StepNoise },
            SamVariantKind.Friendly => new FriendlySam(model, weights, descent, SamRho, SamStatistics, SamSigma, SamLambda) { Noise = StepNoise },
            SamVariantKind.NormLayers => new NormLayerSam(model, weights, descent, SamRho, SamStatistics) { Noise = StepNoise },
            SamVariantKind.GradientNorm => new GradientNormSam(model, weights, descent, SamRho, SamStatistics, AlphaOr(GradientNormSam.DefaultAlpha)) { Noise = StepNoise },
            SamVariantKind.Random => new RandomPerturbation(model, weights, descent, SamRho) { Noise = StepNoise },
            _ => throw new InvalidOperationException($"Bug in Sharpless: no variant {SamVariant}."),
        };
    }

    private double AlphaOr(double fallback) => SamAlpha == -1 ? fallback : SamAlpha;

    private IEnumerable<string> SamProblems()
    {
        foreach (string problem in Sam.Problems()) yield return problem;
        if (!(SamLearningRateMultiple >= 0 && double.IsFinite(SamLearningRateMultiple))) yield return $"--sam-lr-mult is {SamLearningRateMultiple}; it must be finite and 0 or more.";
        if (SamRho != 0 && SamLearningRateMultiple != 0) yield return "--sam-rho, a constant radius, and --sam-lr-mult, one that follows the learning rate, exclude each other.";
        if (!(SamStart >= 0 && SamStart <= SamEnd && SamEnd <= 1))
        {
            yield return $"--sam-epoch-frac-start and --sam-epoch-frac-end say that SAM runs from {SamStart} to {SamEnd} of the epochs; expected 0 <= start <= end <= 1.";
        }

        if (!(SamEta >= 0 && double.IsFinite(SamEta))) yield return $"--sam-eta is {SamEta}; it must be finite and 0 or more.";
        if (!(SamAlpha == -1 || (SamAlpha >= 0 && double.IsFinite(SamAlpha)))) yield return $"--sam-alpha is {SamAlpha}; it must be finite and 0 or more, or -1 for the variant's own.";
        if (SamPeriod < 1) yield return $"--sam-period is {SamPeriod}; it must be 1 or more.";
        if (!double.IsFinite(SamSigma)) yield return $"--sam-sigma is {SamSigma}; it must be finite.";
        if (!(SamLambda >= 0 && SamLambda < 1)) yield return $"--sam-lambda is {SamLambda}; it must be from 0 to below 1.";
        if (SamVariant != SamVariantKind.Sam && (SamIterations != 1 || SamStepMultiple != 1 || SamIsUnnormalized || SamKeepsDirection))
        {
            yield return "--sam-iters, --sam-step-size-mult, --sam-no-grad-norm and --only-sam-step-size belong to --sam-variant sam.";
        }

        if (SamVariant == SamVariantKind.Random && SamUsesPreviousBatch) yield return "--sam-variant random ascends along no gradient, so it excludes --sam-use-prev-batch.";
        if (SamKeepsDirection && SamUsesPreviousBatch) yield return "--only-sam-step-size takes the direction from the step's own batch, so it excludes --sam-use-prev-batch.";
    }
}
