using Sharpless.Torch;

namespace Sharpless.Training;

/// <summary>What a step trains on.</summary>
/// <param name="Images">[B, C, H, W].</param>
/// <param name="Labels">[B] Int64.</param>
/// <param name="Partners">[B] Int64: labels of the images mixed in; null without mixup.</param>
/// <param name="Lambda">Weight of the images themselves; 1 without mixup.</param>
internal sealed record TrainingBatch(Tensor Images, Tensor Labels, Tensor? Partners = null, double Lambda = 1)
{
    /// <summary>One of several parts of equal size, as views. What is left over belongs to none.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="parts">Number of parts; 1 is the batch itself.</param>
    internal TrainingBatch Part(int index, int parts)
    {
        if (parts == 1) return this;
        long size = Images.size(0) / parts;
        return this with { Images = Cut(Images), Labels = Cut(Labels), Partners = Partners is null ? null : Cut(Partners) };

        Tensor Cut(Tensor whole) => whole.narrow(0, index * size, size);
    }

    /// <summary>The loss of the batch; with mixup that of both labels, in their proportion.</summary>
    /// <param name="of">Loss of the batch's logits for labels.</param>
    internal Tensor Loss(Func<Tensor, Tensor> of) => Partners is null ? of(Labels) : of(Labels) * Lambda + of(Partners) * (1 - Lambda);
}
