using System.Text.Json.Serialization;
using Sharpless.Optimization;

namespace Sharpless.Experiments.Sparse;

/// <summary>Options of the grid: share pruned x fine-tuning (SGD, SAM at several ρ) x dense training x seed.</summary>
public sealed record SparseGridOptions : SparseOptions
{
    /// <summary>Three seeds: the grid is large.</summary>
    public SparseGridOptions() => Seeds = 3;

    /// <summary>Shares of the weights that are pruned. Default 0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98.</summary>
    [JsonPropertyName("fractions")]
    public IReadOnlyList<double> Fractions { get; init; } = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98];

    /// <summary>Radii ρ of the SAM arms. Default 0.05 and 0.1.</summary>
    [JsonPropertyName("sam-rho")]
    public IReadOnlyList<double> SamRho { get; init; } = [0.05, 0.1];

    /// <summary>How the dense network is trained: with SGD, or with SAM ("train flat, then prune", arXiv:2205.12694). Default both.</summary>
    [JsonPropertyName("dense")]
    public IReadOnlyList<DenseTraining> Dense { get; init; } = [DenseTraining.Sgd, DenseTraining.Sam];

    /// <summary>Radius ρ of the dense training with SAM. Default 0.05.</summary>
    [JsonPropertyName("dense-sam-rho")]
    public double DenseSamRho { get; init; } = 0.05;

    /// <summary>Epochs of a fine-tuning; SGD gets twice as many at equal compute. Default 3.</summary>
    [JsonPropertyName("finetune-epochs")]
    public int FinetuneEpochs { get; init; } = 3;

    /// <summary>Whether batch-norm statistics are measured anew right after pruning. Default no.</summary>
    [JsonPropertyName("reestimate-bn")]
    public bool ReestimatesBatchNorm { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Command => "sparse grid";

    /// <inheritdoc/>
    public override IEnumerable<string> Problems()
    {
        foreach (string problem in base.Problems()) yield return problem;
        if (FinetuneEpochs < 1) yield return $"--finetune-epochs is {FinetuneEpochs}; it must be 1 or more.";
        if (Dense.Count == 0 || Dense.Distinct().Count() < Dense.Count) yield return "--dense names sgd, sam or both, each once.";
        foreach (string problem in FractionProblems(Fractions)) yield return problem;
        if (SamRho.Distinct().Count() < SamRho.Count) yield return "--sam-rho names a radius twice.";
        foreach (double rho in SamRho.Append(DenseSamRho))
        {
            if (!(rho > 0)) yield return $"A radius of SAM is {rho}; it must be above 0. SGD has an arm of its own.";
            foreach (string problem in new SamOptions { Rho = rho }.Problems()) yield return problem;
        }
    }
}

/// <summary>With what the dense network is trained.</summary>
public enum DenseTraining
{
    /// <summary>SGD alone.</summary>
    Sgd,
    /// <summary>SAM around SGD.</summary>
    Sam,
}
