using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Examples of a loss surface that go through the model together.</summary>
/// <param name="Labels">[B], each from 0 to K - 1.</param>
/// <param name="Logits">Runs them through the model at the point where it stands: [B, K], of any floating type, recorded for backward where the caller records.</param>
public sealed record SurfaceBatch(IReadOnlyList<long> Labels, Func<Tensor> Logits);
