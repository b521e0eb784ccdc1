using Sharpless.Torch;

namespace Sharpless.Optimization;

/// <summary>How to compute the loss of a batch at the point where the model stands; called once for each gradient evaluation.</summary>
/// <param name="Descent">Its gradient drives the base optimizer.</param>
/// <param name="Ascent">Its gradient leads the ascent of SAM; null for the same loss.</param>
public sealed record BatchLoss(Func<Tensor> Descent, Func<Tensor>? Ascent = null);
