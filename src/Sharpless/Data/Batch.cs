using Sharpless.Torch;

namespace Sharpless.Data;

/// <summary>Images and their classes, as tensors.</summary>
/// <param name="Images">[B, C, H, W], Float32 or BFloat16.</param>
/// <param name="Labels">[B], Int64, each from 0 to K - 1.</param>
public sealed record Batch(Tensor Images, Tensor Labels);
