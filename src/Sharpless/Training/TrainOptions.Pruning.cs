using System.Text.Json.Serialization;
using Sharpless.Pruning;

namespace Sharpless.Training;

// Pruning along the training, as `sharpless prune --schedule cubic` sets it. Not written where nothing is pruned.
public sealed partial record TrainOptions
{
    /// <summary>Sparsity that gradual pruning (<see cref="PruneSchedule.Cubic"/>) ends with, from 0 to 1. Default: nothing is pruned along the training.</summary>
    [JsonPropertyName("prune-amount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PruneAmount { get; init; }

    /// <summary>Its scope: <c>layer</c>, <c>global</c> or <c>channel</c>. Default layer.</summary>
    [JsonPropertyName("prune-scope"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PruneScopeName { get; init; }

    /// <summary>Tensors that it leaves alone: see <see cref="PruneOptions.Exempt"/>. Default none.</summary>
    [JsonPropertyName("prune-exempt"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? PruneExempt { get; init; }

    /// <summary>Steps from one pruning to the next.</summary>
    [JsonPropertyName("prune-every"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PruneEvery { get; init; }

    /// <summary>How each pruning chooses.</summary>
    internal PruneOptions PruneOptions => new() { Amount = PruneAmount, Scope = PruneScope.Parse(PruneScopeName ?? "layer"), Exempt = PruneExempt ?? [] };

    private IEnumerable<string> PruningProblems()
    {
        if (PruneAmount is null) yield break;
        if (!(PruneEvery >= 1)) yield return $"--prune-every is {PruneEvery?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "not given"}; it must be 1 or more.";
        foreach (string problem in PruneOptions.Problems()) yield return problem;
    }
}
