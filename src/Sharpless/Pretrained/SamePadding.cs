using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>The padding that TensorFlow and JAX call SAME: a window with a stride gives one output for each started stride, and where the padding is odd, there is more after than before.</summary>
internal static class SamePadding
{
    /// <summary>[B, C, H, W] with a border that a window of this size and stride needs.</summary>
    internal static Tensor Pad(Tensor images, long window, long stride, double value = 0)
    {
        (long left, long right) = Amounts(images.size(3), window, stride);
        (long top, long bottom) = Amounts(images.size(2), window, stride);
        return left + right + top + bottom == 0 ? images : nn.functional.pad(images, [left, right, top, bottom], value: value);
    }

    private static (long Before, long After) Amounts(long size, long window, long stride)
    {
        long outputs = (size + stride - 1) / stride;
        long total = Math.Max(0, ((outputs - 1) * stride) + window - size);
        return (total / 2, total - (total / 2));
    }
}
