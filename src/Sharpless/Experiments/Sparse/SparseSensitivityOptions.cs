using System.Text.Json.Serialization;

namespace Sharpless.Experiments.Sparse;

/// <summary>Options of the sensitivity scan: one tensor at a time is pruned, and nothing is trained after.</summary>
public sealed record SparseSensitivityOptions : SparseOptions
{
    /// <summary>Shares of the tensor's weights that are pruned. Default 0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 1.</summary>
    [JsonPropertyName("fractions")]
    public IReadOnlyList<double> Fractions { get; init; } = [0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 1];

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Command => "sparse sensitivity";

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() => base.Problems().Concat(FractionProblems(Fractions));
}
