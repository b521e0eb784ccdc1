namespace Sharpless.Data;

/// <summary>Shape of one image.</summary>
/// <param name="Channels">C: 1 for grey, 3 for red, green, blue.</param>
/// <param name="Height">H: number of rows.</param>
/// <param name="Width">W: number of pixels in a row.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>C * H * W: number of values in one image.</summary>
    public int Size => checked(Channels * Height * Width);

    /// <summary>For example <c>3x32x32</c>.</summary>
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}
