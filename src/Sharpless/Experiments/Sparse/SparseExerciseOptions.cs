using System.Text.Json.Serialization;
using Sharpless.Optimization;
using Sharpless.Pruning;

namespace Sharpless.Experiments.Sparse;

/// <summary>Options of the exercise: dense training, one pruning, fine-tuning with SGD and with SAM.</summary>
public sealed record SparseExerciseOptions : SparseOptions
{
    /// <summary>Share of the weights that is pruned; null for 0.5, and with N:M, which says it itself. Default null.</summary>
    [JsonPropertyName("amount")]
    public double? Amount { get; init; }

    /// <summary>Radius ρ of the SAM arm. Default 0.05.</summary>
    [JsonPropertyName("sam-rho")]
    public double SamRho { get; init; } = 0.05;

    /// <summary>Epochs of each fine-tuning. Default 3.</summary>
    [JsonPropertyName("finetune-epochs")]
    public int FinetuneEpochs { get; init; } = 3;

    /// <summary>Faults of the published side; none leaves that side out. Default all.</summary>
    [JsonPropertyName("as-published")]
    public IReadOnlyList<PublishedFault> AsPublished { get; init; } = PublishedFaults.All;

    /// <summary>Random directions that the theory check compares with SAM's perturbation; 0 leaves the check out. Default 1,000.</summary>
    [JsonPropertyName("directions")]
    public int Directions { get; init; } = 1_000;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Command => "sparse";

    /// <inheritdoc/>
    public override IEnumerable<string> Problems()
    {
        foreach (string problem in base.Problems()) yield return problem;
        if (FinetuneEpochs < 1) yield return $"--finetune-epochs is {FinetuneEpochs}; it must be 1 or more.";
        if (Directions < 0) yield return $"--directions is {Directions}; it must be 0 or more.";
        if (!(SamRho > 0)) yield return $"--sam-rho is {SamRho}; the SAM arm needs a radius above 0.";
        foreach (string problem in new SamOptions { Rho = SamRho }.Problems()) yield return problem;
        if (ScopeProblem() is string scope) yield return scope;
        else
        {
            foreach (string problem in Pruning(Amount, AsPublished.Contains(PublishedFault.PruneNorms)).Problems()) yield return problem;
        }
    }

    /// <summary>The share that is pruned, whichever option says it.</summary>
    internal double Share => PruneScope.Parse(Scope) is { Kind: PruneScopeKind.NM } scope ? 1 - ((double)scope.Kept / scope.GroupSize) : Amount ?? PruneOptions.DefaultAmount;
}
