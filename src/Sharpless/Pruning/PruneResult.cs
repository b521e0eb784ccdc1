using Sharpless.Torch;

namespace Sharpless.Pruning;

/// <summary>Which weights stay, and what pruning left alone.</summary>
public sealed record PruneResult
{
    /// <summary>Bool tensors (true: live) by name, of the shape of the weights, owned by the caller. Tensors without an entry are wholly live.</summary>
    public required IReadOnlyDictionary<string, Tensor> Live { get; init; }

    /// <summary>Prunable tensors by name, in order: what the counts of <see cref="PruneSummary"/> are about.</summary>
    public required IReadOnlyList<string> Prunable { get; init; }

    /// <summary>Prunable tensors that were left alone because the options, or the scope, say so.</summary>
    public required IReadOnlyList<string> Exempt { get; init; }

    /// <summary>Tensors that N:M leaves whole, because the inputs of one output are not divisible by M.</summary>
    public required IReadOnlyList<string> LeftWhole { get; init; }

    /// <summary>Layers that lost channels although it is not known which batch norms belong to them. Only for the scope <c>channel</c> without channel groups.</summary>
    public required IReadOnlyList<string> NormsUnknown { get; init; }
}
