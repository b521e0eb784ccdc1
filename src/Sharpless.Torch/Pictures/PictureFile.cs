using System.Runtime.InteropServices;
using Sharpless.Torch.Files;
using SkiaSharp;

namespace Sharpless.Torch.Pictures;

/// <summary>
/// Decodes the pictures that data sets are made of (JPEG, PNG, WebP, GIF and BMP, told apart by their first bytes), and writes PNG.
/// </summary>
/// <remarks>
/// Done by Skia (docs/decisions/0023), which gives the bytes that Pillow gives: numbers as they are stored, gamma and colour profiles
/// ignored, the orientation that a camera noted not applied, of 16 bits the upper eight. Of an animation the first frame is taken.
/// </remarks>
public static class PictureFile
{
    private const string Expected = "a JPEG, PNG, WebP, GIF or BMP picture";

    private static readonly Lazy<string> LoadedLibrary = new(Load, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>Endings of the names of such files, in lower case.</summary>
    public static IReadOnlyList<string> Endings { get; } =
        [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib"];

    /// <summary>The library that decodes and draws, with its version. Loads it.</summary>
    /// <exception cref="DllNotFoundException">It is not there, or not for this system.</exception>
    public static string Library => LoadedLibrary.Value;

    /// <summary>Decodes a picture. May be called by many threads at once.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">Another format, damaged, cut off, or larger than <see cref="Picture.MostPixels"/>.</exception>
    /// <exception cref="DllNotFoundException">As for <see cref="Library"/>.</exception>
    public static unsafe Picture Decode(ReadOnlySpan<byte> bytes, string path)
    {
        _ = Library;
        var file = new FilePlace(path);
        string format = FormatOf(bytes) ?? throw Foreign(bytes, file);
        fixed (byte* start = bytes)
        {
            using var data = SKData.Create((nint)start, bytes.Length);
            using SKCodec codec = SKCodec.Create(data) ?? throw Damaged(file, format, "its header is damaged or cut off");
            // Without a colour space: nothing is converted.
            var form = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            RequireSize(form.Width, form.Height, file);
            // Skia paints over some kinds of damage: what is missing is grey, or the rest of the file is not looked at.
            if (FlawOf(format, bytes) is { } flaw) throw Damaged(file, format, flaw);

            var pixels = new byte[form.Width * form.Height * 4];
            fixed (byte* target = pixels)
                if (codec.GetPixels(form, (nint)target) is not SKCodecResult.Success and var result) throw Damaged(file, format, InWords(result));
            if (format == "WebP" && WebPFile.IsOpaqueAnimation(bytes)) MakeOpaque(pixels);
            return new Picture(form.Width, form.Height, pixels);
        }
    }

    /// <summary>A PNG file of a picture. The bytes are the same for the same version of SkiaSharp.</summary>
    /// <param name="rgb">[height, width, 3]: red, green, blue.</param>
    /// <param name="width">Pixels in a row, 1 or more.</param>
    /// <param name="height">Number of rows, 1 or more.</param>
    /// <exception cref="ArgumentException">Other sizes than those of the pixels.</exception>
    /// <exception cref="DllNotFoundException">As for <see cref="Library"/>.</exception>
    public static unsafe byte[] EncodePng(ReadOnlySpan<byte> rgb, int width, int height)
    {
        if (width <= 0 || height <= 0 || rgb.Length != (long)width * height * 3)
            throw new ArgumentException($"A picture of {width}x{height} has {(long)width * height * 3} values, but {rgb.Length} are given.", nameof(rgb));
        _ = Library;
        var pixels = new byte[checked(width * height * 4)];
        for (int from = 0, to = 0; from < rgb.Length; from += 3, to += 4) rgb.Slice(from, 3).CopyTo(pixels.AsSpan(to));
        fixed (byte* source = pixels)
        {
            using var map = new SKPixmap(new SKImageInfo(width, height, SKColorType.Rgb888x, SKAlphaType.Opaque), (nint)source);
            using SKData file = map.Encode(SKPngEncoderOptions.Default)
                ?? throw new InvalidOperationException($"Skia cannot write a picture of {width}x{height} as PNG.");
            return file.ToArray();
        }
    }

    /// <summary>Refuses sizes that are none or too large, before memory is taken.</summary>
    internal static void RequireSize(long width, long height, FilePlace file)
    {
        if (width <= 0 || height <= 0 || width > Picture.MostPixels / height)
            throw file.Error(0, $"a picture of {width}x{height}", $"1 to {Picture.MostPixels} pixels", "Make it smaller first, or leave it out.");
    }

    /// <summary>The refusal of a file that cannot be decoded.</summary>
    internal static InvalidDataException Damaged(FilePlace file, string format, string why) =>
        file.Error(0, $"{format} data that cannot be decoded ({why})", "a whole, undamaged picture", "Fetch it again, or leave it out.");

    private static string Load()
    {
        try
        {
            return $"SkiaSharp {typeof(SKCodec).Assembly.GetName().Version?.ToString(3)} (Skia {SkiaSharpVersion.Native})";
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException or InvalidOperationException)
        {
            throw new DllNotFoundException(
                $"SkiaSharp, which decodes pictures, has no library for this system ({RuntimeInformation.RuntimeIdentifier}): {error.GetBaseException().Message.ReplaceLineEndings(" ")}",
                error);
        }
    }

    private static string? FormatOf(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xff, 0xd8, 0xff, ..] => "JPEG",
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "PNG",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "WebP",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "GIF",
        [(byte)'B', (byte)'M', _, _, _, _, 0, 0, 0, 0, ..] => "BMP",
        _ => null,
    };

    private static InvalidDataException Foreign(ReadOnlySpan<byte> bytes, FilePlace file) =>
        ForeignContent.Refusal(bytes[..Math.Min(ForeignContent.Length, bytes.Length)], file, Expected)
        ?? file.Error(0, $"the bytes {Convert.ToHexString(bytes[..Math.Min(4, bytes.Length)])}", Expected, "Convert it, or leave it out.");

    private static string? FlawOf(string format, ReadOnlySpan<byte> bytes) => format switch
    {
        "JPEG" => JpegScans.FlawOf(bytes),
        "PNG" when !PngFile.IsWhole(bytes) => "it is cut off",
        "WebP" => WebPFile.FlawOf(bytes),
        "GIF" when !GifFile.IsWhole(bytes) => "it is cut off",
        _ => null,
    };

    private static string InWords(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "it is cut off",
        SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput => "its pixels are damaged",
        _ => $"Skia says {result}",
    };

    private static void MakeOpaque(Span<byte> pixels)
    {
        for (int i = 3; i < pixels.Length; i += 4) pixels[i] = 255;
    }
}
