using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>What one batch of a forward pass left at several taps. Borrowed: read before the next batch is asked for.</summary>
/// <param name="Features">For each tap [B, ...]; all batches have the same taps.</param>
/// <param name="Labels">[B] Int64.</param>
public sealed record TapBatch(IReadOnlyDictionary<string, Tensor> Features, Tensor Labels);
