using Sharpless.Torch;

namespace Sharpless.Training;

/// <summary>What a step trains on.</summary>
/// <param name="Images">[B, C, H, W].</param>
/// <param name="Labels">[B] Int64.</param>
/// <param name="Partners">[B] Int64: labels of the images mixed in; null without mixup.</param>
/// <param name="Lambda">Weight of the images themselves; 1 without mixup.</param>
internal sealed record TrainingBatch(Tensor Images, Tensor Labels, Tensor? Partners = null, double Lambda = 1)
{
    /// <summary>The loss of the batch; with mixup that of both labels, in their proportion.</summary>
    /// <param name="of">Loss of the batch's logits for labels.</param>
    internal Tensor Loss(Func<Tensor, Tensor> of) => Partners is null ? of(Labels) : of(Labels) * Lambda + of(Partners) * (1 - Lambda);
}
