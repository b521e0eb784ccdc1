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

    /// <summary>In which pass of SAM batch norm moves its statistics. Default both, as published.</summary>
    [JsonPropertyName("sam-bn")]
    public StatisticsPass SamStatistics { get; init; } = StatisticsPass.Both;

    /// <summary>The optimizer of a run, SAM or none of it.</summary>
    internal Optimizer CreateOptimizer(Module model, WeightSpace weights)
    {
        BaseOptimizer descent = new Sgd(weights, Sgd);
        return SamRho == 0 ? new PlainDescent(model, weights, descent) : new Sam(model, weights, descent, Sam);
    }

    private SamOptions Sam => new() { Rho = SamRho, Statistics = SamStatistics };

    private IEnumerable<string> SamProblems()
    {
        foreach (string problem in Sam.Problems()) yield return problem;
    }
}
