using System.Buffers;
using Sharpless.Torch.Pictures;

namespace Sharpless.Data.Captions;

/// <summary>
/// Squashes a whole picture to a given size, whatever its proportions: bilinear, half-pixel centres, no anti-aliasing, as TensorFlow's
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
    public static void Write(Picture picture, int height, int width, Span<float> destination)
    {
        byte[] pixels = ArrayPool<byte>.Shared.Rent(picture.Width * picture.Height * Colours);
        try
        {
            picture.WriteOnWhite(pixels);
            Neighbours[] columns = Sources(picture.Width, width), rows = Sources(picture.Height, height);
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
    private static Neighbours[] Sources(int size, int made)
    {
        var sources = new Neighbours[made];
        float scale = (float)size / made;
        for (int i = 0; i < made; i++)
        {
            float source = (i + 0.5f) * scale - 0.5f, floor = MathF.Floor(source);
            sources[i] = new Neighbours(Math.Max((int)floor, 0), Math.Min((int)MathF.Ceiling(source), size - 1), source - floor);
        }
        return sources;
    }

    private readonly record struct Neighbours(int Lower, int Upper, float Weight);
}
