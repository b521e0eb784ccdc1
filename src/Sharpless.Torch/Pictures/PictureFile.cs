using Sharpless.Torch.Files;

namespace Sharpless.Torch.Pictures;

/// <summary>Decodes the pictures that data sets are made of (JPEG, PNG and WebP, told apart by their first bytes), and writes PNG.</summary>
/// <remarks>
/// Done by the libraries of these formats, which Debian keeps up to date: libjpeg-turbo, libpng, libwebp (docs/decisions/0007). JPEG gives
/// the bytes that Pillow gives (exact integer transform, smooth upsampling). Of an animation the
/// first frame is taken. The orientation that a camera noted is not applied; gamma and colour profiles are ignored, as Pillow does.
/// </remarks>
public static class PictureFile
{
    private const string Expected = "a JPEG, PNG or WebP picture";

    /// <summary>Endings of the names of such files, in lower case.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp"];

    /// <summary>Decodes a picture. May be called by many threads at once.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">Another format, damaged, cut off, or larger than <see cref="Picture.MostPixels"/>.</exception>
    /// <exception cref="DllNotFoundException">The library of the format is not installed; the message names its Debian package.</exception>
    public static Picture Decode(ReadOnlySpan<byte> bytes, string path)
    {
        var file = new FilePlace(path);
        return bytes switch
        {
            [0xff, 0xd8, 0xff, ..] => Jpeg.Decode(bytes, file),
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => Png.Decode(bytes, file),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => WebP.Decode(bytes, file),
            _ => throw ForeignContent.Refusal(bytes[..Math.Min(ForeignContent.Length, bytes.Length)], file, Expected)
                ?? file.Error(0, $"the bytes {Convert.ToHexString(bytes[..Math.Min(4, bytes.Length)])}", Expected, "Convert it, or leave it out."),
        };
    }

    /// <summary>A PNG file of a picture. The bytes are the same for the same version of libpng and zlib.</summary>
    /// <param name="rgb">[height, width, 3]: red, green, blue.</param>
    /// <param name="width">Pixels in a row, 1 or more.</param>
    /// <param name="height">Number of rows, 1 or more.</param>
    /// <exception cref="ArgumentException">Other sizes than those of the pixels.</exception>
    /// <exception cref="DllNotFoundException">libpng is not installed; the message names its Debian package.</exception>
    public static byte[] EncodePng(ReadOnlySpan<byte> rgb, int width, int height) => width > 0 && height > 0 && rgb.Length == (long)width * height * 3
        ? Png.Encode(rgb, width, height)
        : throw new ArgumentException($"A picture of {width}x{height} has {(long)width * height * 3} values, but {rgb.Length} are given.", nameof(rgb));

    /// <summary>Room for the pixels, or a refusal of sizes that are none or too large.</summary>
    internal static byte[] Allocate(long width, long height, FilePlace file) => width > 0 && height > 0 && width <= Picture.MostPixels / height
        ? new byte[width * height * 4]
        : throw file.Error(0, $"a picture of {width}x{height}", $"1 to {Picture.MostPixels} pixels", "Make it smaller first, or leave it out.");

    /// <summary>The refusal of a file that its library cannot decode.</summary>
    internal static InvalidDataException Damaged(FilePlace file, string format, string why) =>
        file.Error(0, $"{format} data that cannot be decoded ({why})", "a whole, undamaged picture", "Fetch it again, or leave it out.");
}
