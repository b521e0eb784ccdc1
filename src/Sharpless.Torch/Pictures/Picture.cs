namespace Sharpless.Torch.Pictures;

/// <summary>A decoded picture.</summary>
public sealed class Picture
{
    /// <summary>Most pixels that a picture may have: more is refused before memory is taken for it.</summary>
    public const long MostPixels = 1 << 26;

    internal Picture(int width, int height, byte[] rgba) => (Width, Height, Rgba) = (width, height, rgba);

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>[Height, Width, 4]: red, green, blue and opacity (0 transparent, 255 opaque), colours not multiplied by it. Not to be written to.</summary>
    public byte[] Rgba { get; }

    /// <summary>Writes the picture laid on white paper, rounded to nearest.</summary>
    /// <param name="destination">[Height, Width, 3]: red, green, blue.</param>
    /// <exception cref="ArgumentException">The destination is too small.</exception>
    public void WriteOnWhite(Span<byte> destination)
    {
        if (destination.Length < Width * Height * 3)
            throw new ArgumentException($"A picture of {Width}x{Height} has {Width * Height * 3} values, the destination has room for {destination.Length}.", nameof(destination));
        for (int from = 0, to = 0; from < Rgba.Length; from += 4, to += 3)
        {
            int opacity = Rgba[from + 3], paper = 255 * (255 - opacity);
            for (int c = 0; c < 3; c++) destination[to + c] = (byte)((Rgba[from + c] * opacity + paper + 127) / 255);
        }
    }
}
