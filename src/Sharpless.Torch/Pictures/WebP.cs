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
        fixed (byte* data = bytes)
        {
            if (WebPGetInfo(data, (nuint)bytes.Length, out int width, out int height) == 0) throw PictureFile.Damaged(file, "WebP", "its header is not one");
            byte[] pixels = PictureFile.Allocate(width, height, file);
            fixed (byte* target = pixels)
                if (WebPDecodeRGBAInto(data, (nuint)bytes.Length, target, (nuint)pixels.Length, width * 4) == null)
                    throw PictureFile.Damaged(file, "WebP", "it is damaged, cut off or an animation");
            return new Picture(width, height, pixels);
        }
    }

    [LibraryImport(Name)]
    private static partial int WebPGetInfo(byte* data, nuint size, out int width, out int height);

    [LibraryImport(Name)]
    private static partial byte* WebPDecodeRGBAInto(byte* data, nuint size, byte* target, nuint targetSize, int stride);
}
