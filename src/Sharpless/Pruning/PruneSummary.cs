namespace Sharpless.Pruning;

/// <summary>Zeros of one tensor.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Zeros">Elements that are exactly 0.</param>
/// <param name="Numel">All elements.</param>
public sealed record TensorZeros(string Name, long Zeros, long Numel);

/// <summary>How sparse a network is: counts over its prunable tensors, exempt ones among them.</summary>
/// <param name="Zeros">Elements that are exactly 0.</param>
/// <param name="Parameters">All elements.</param>
/// <param name="Sparsity">Zeros / Parameters, 0 to 1.</param>
/// <param name="Tensors">The same for each tensor, in order.</param>
/// <param name="Exempt">Names of those that were exempt from pruning.</param>
/// <param name="LeftWhole">Names of those that N:M does not divide.</param>
public sealed record PruneSummary(long Zeros, long Parameters, double Sparsity, IReadOnlyList<TensorZeros> Tensors, IReadOnlyList<string> Exempt, IReadOnlyList<string> LeftWhole);
