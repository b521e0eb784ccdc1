using Sharpless.Torch;

namespace Sharpless.Pruning;

/// <summary>Everything that a weight file holds. The tensors are owned by whoever asked for them.</summary>
/// <param name="Tensors">Tensors by name, in the order of the file.</param>
/// <param name="Live">Which weights are live: Bool tensors (true: live) by name. Tensors without an entry are wholly live.</param>
/// <param name="Metadata">Free text of the file.</param>
public sealed record StoredWeights(
    IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, Tensor> Live, IReadOnlyDictionary<string, string> Metadata);
