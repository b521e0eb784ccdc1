using Sharpless.Torch;

namespace Sharpless.Pruning;

/// <summary>A network without its pruned channels. It computes what it did before, up to rounding.</summary>
public sealed record ShrunkNetwork
{
    /// <summary>All tensors by name, in their order, owned by the caller.</summary>
    public required IReadOnlyDictionary<string, Tensor> Weights { get; init; }

    /// <summary>The mask of what is left: Bool tensors (true: live) by name, owned by the caller.</summary>
    public required IReadOnlyDictionary<string, Tensor> Live { get; init; }

    /// <summary>Number of channels that went, by layer.</summary>
    public required IReadOnlyDictionary<string, int> Removed { get; init; }

    /// <summary>Layers whose pruned channels are zeros as before, because other layers add to the same channels.</summary>
    public required IReadOnlyList<string> NotRemovable { get; init; }
}
