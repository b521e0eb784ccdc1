namespace Sharpless.Data.Augmentation;

/// <summary>
/// Operations that move an image towards a degenerate version of itself: degenerate + factor * (image - degenerate), truncated. Results are
/// those of Pillow's <c>ImageEnhance</c> to the byte.
/// </summary>
/// <remarks>Images are [H, W, C] bytes; each operation changes its image in place. Factors lie from 0 (degenerate) to 1 (the image).</remarks>
internal static class BlendOperations
{
    /// <summary>Towards grey.</summary>
    internal static void Color(Span<byte> image, int channels, float factor)
    {
        if (channels != 3) return;                                               // grey already
        for (int i = 0; i < image.Length; i += 3)
        {
            byte grey = Grey(image.Slice(i, 3));
            foreach (ref byte value in image.Slice(i, 3)) value = Blend(grey, value, factor);
        }
    }

    /// <summary>Towards the mean brightness.</summary>
    internal static void Contrast(Span<byte> image, int channels, float factor)
    {
        long sum = 0;
        for (int i = 0; i < image.Length; i += channels) sum += channels == 3 ? Grey(image.Slice(i, 3)) : image[i];
        var mean = (byte)((double)sum / (image.Length / channels) + 0.5);
        foreach (ref byte value in image) value = Blend(mean, value, factor);
    }

    /// <summary>Towards black.</summary>
    internal static void Brightness(Span<byte> image, float factor)
    {
        foreach (ref byte value in image) value = Blend(0, value, factor);
    }

    /// <summary>Towards a mean over 3x3 pixels in which the middle one counts five times; the border stays as it is.</summary>
    /// <param name="image">The image.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="copy">As large as the image; overwritten.</param>
    internal static void Sharpness(Span<byte> image, ImageShape shape, float factor, Span<byte> copy)
    {
        image.CopyTo(copy);
        int row = shape.Width * shape.Channels;
        for (int y = 1; y < shape.Height - 1; y++)
        {
            for (int i = y * row + shape.Channels; i < (y + 1) * row - shape.Channels; i++)
            {
                int sum = 4 * copy[i];
                for (int up = -row; up <= row; up += row) sum += copy[i + up - shape.Channels] + copy[i + up] + copy[i + up + shape.Channels];
                image[i] = Blend((byte)(sum / 13f + 0.5f), copy[i], factor);
            }
        }
    }

    // ITU-R 601-2 luma in sixteen binary digits.
    internal static byte Grey(ReadOnlySpan<byte> pixel) => (byte)((pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16);

    private static byte Blend(byte degenerate, byte value, float factor) => (byte)(degenerate + factor * (value - degenerate));
}
