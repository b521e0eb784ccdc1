using System.Buffers;
using Sharpless.Torch.Pictures;

namespace Sharpless.Data.Pictures;

/// <summary>
/// Brings a picture to a given size: bilinear, half-pixel centres, no anti-aliasing, as TensorFlow's
/// <c>tf.image.resize</c> does by default and PyTorch's <c>interpolate(mode="bilinear")</c> too.
/// </summary>
internal static class BilinearResize
{
    private const int Colours = 3;

    /// <summary>Writes the resized picture, laid on white, as numbers in [0, 1].</summary>
    /// <param name="picture">Any size.</param>
    /// <param name="height">Rows to make.</param>
    /// <param name="width">Columns to make.</param>
    /// <param name="destination">[3, height, width].</param>
    /// <param name="fit">What happens to other proportions.</param>
    public static void Write(Picture picture, int height, int width, Span<float> destination, PictureFit fit = PictureFit.Squash)
    {
        byte[] pixels = ArrayPool<byte>.Shared.Rent(picture.Width * picture.Height * Colours);
        try
        {
            picture.WriteOnWhite(pixels);
            // The part of the picture that is shown: all of it, or as much as has the proportions asked for.
            float shownWidth = picture.Width, shownHeight = picture.Height;
            if (fit == PictureFit.Crop) (shownWidth, shownHeight) = (Math.Min(shownWidth, shownHeight * width / height), Math.Min(shownHeight, shownWidth * height / width));
            Neighbours[] columns = Sources(picture.Width, shownWidth, width), rows = Sources(picture.Height, shownHeight, height);
            for (int y = 0; y < height; y++)
            {
                ReadOnlySpan<byte> upper = Row(rows[y].Lower), lower = Row(rows[y].Upper);
                for (int x = 0; x < width; x++)
                {
                    (int left, int right, float weight) = columns[x];
                    for (int c = 0; c < Colours; c++)
                    {
                        float top = Between(upper[left * Colours + c], upper[right * Colours + c], weight);
                        float bottom = Between(lower[left * Colours + c], lower[right * Colours + c], weight);
                        destination[(c * height + y) * width + x] = Between(top, bottom, rows[y].Weight) / 255;
                    }
                }
            }

            ReadOnlySpan<byte> Row(int y) => pixels.AsSpan(y * picture.Width * Colours, picture.Width * Colours);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    private static float Between(float from, float to, float weight) => from + (to - from) * weight;

    // s = (d + 1/2) * in / out - 1/2 lies between two pixels, at a distance of s - floor(s) from the lower one; beyond the border its pixel repeats.
    // What is not shown is left out on both sides alike.
    private static Neighbours[] Sources(int size, float shown, int made)
    {
        var sources = new Neighbours[made];
        float scale = shown / made, first = (size - shown) / 2;
        for (int i = 0; i < made; i++)
        {
            float source = first + (i + 0.5f) * scale - 0.5f, floor = MathF.Floor(source);
            sources[i] = new Neighbours(Math.Max((int)floor, 0), Math.Min((int)MathF.Ceiling(source), size - 1), source - floor);
        }
        return sources;
    }

    private readonly record struct Neighbours(int Lower, int Upper, float Weight);
}
