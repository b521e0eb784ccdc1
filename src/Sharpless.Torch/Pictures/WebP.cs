using System.Runtime.InteropServices;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Pictures;

/// <summary>WebP, by libwebp 1.</summary>
internal static unsafe partial class WebP
{
    private const string Name = "libwebp.so.7";

    internal static readonly SystemLibrary Library = new(Name, "libwebp7");

    public static Picture Decode(ReadOnlySpan<byte> bytes, FilePlace file)
    {
        Library.Require();
        if (WebPFrame.First(bytes) is not { } frame) return DecodeStill(bytes, file);
        Picture picture = DecodeStill(frame.File, file);
        byte[] pixels = PictureFile.Allocate(frame.Width, frame.Height, file);
        if (picture.Width > frame.Width - frame.Left || picture.Height > frame.Height - frame.Top) throw PictureFile.Damaged(file, "WebP", "its first frame is not inside its canvas");
        for (int row = 0; row < picture.Height; row++)
            picture.Rgba.AsSpan(row * picture.Width * 4, picture.Width * 4).CopyTo(pixels.AsSpan(((row + frame.Top) * frame.Width + frame.Left) * 4));
        if (!frame.HasOpacity)
            for (int i = 3; i < pixels.Length; i += 4) pixels[i] = 255;
        return new Picture(frame.Width, frame.Height, pixels);
    }

    private static Picture DecodeStill(ReadOnlySpan<byte> bytes, FilePlace file)
    {
        fixed (byte* data = bytes)
        {
            if (WebPGetInfo(data, (nuint)bytes.Length, out int width, out int height) == 0) throw PictureFile.Damaged(file, "WebP", "its header is not one");
            byte[] pixels = PictureFile.Allocate(width, height, file);
            fixed (byte* target = pixels)
                if (WebPDecodeRGBAInto(data, (nuint)bytes.Length, target, (nuint)pixels.Length, width * 4) == null)
                    throw PictureFile.Damaged(file, "WebP", "it is damaged or cut off");
            return new Picture(width, height, pixels);
        }
    }

    [LibraryImport(Name)]
    private static partial int WebPGetInfo(byte* data, nuint size, out int width, out int height);

    [LibraryImport(Name)]
    private static partial byte* WebPDecodeRGBAInto(byte* data, nuint size, byte* target, nuint targetSize, int stride);
}
