using System.Runtime.InteropServices;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Pictures;

/// <summary>PNG, by the simplified interface of libpng 1.6, which reads every variant (palettes, grey, 16 bits, interlaced).</summary>
internal static unsafe partial class Png
{
    private const string Name = "libpng16.so.16";
    private const uint ImageVersion = 1, FormatRgb = 2, FormatRgba = 3, SixteenBitsAreColours = 4;

    internal static readonly SystemLibrary Library = new(Name, "libpng16-16");

    public static Picture Decode(ReadOnlySpan<byte> bytes, FilePlace file)
    {
        Library.Require();
        var image = new Image { Version = ImageVersion };
        try
        {
            bytes = PngChunks.WithoutColourSpace(bytes);
            fixed (byte* data = bytes)
            {
                if (png_image_begin_read_from_memory(ref image, data, (nuint)bytes.Length) == 0) throw Damaged(image, file);
                byte[] pixels = PictureFile.Allocate(image.Width, image.Height, file);
                image.Format = FormatRgba;
                image.Flags |= SixteenBitsAreColours;       // else 16 bits are taken for amounts of light
                fixed (byte* target = pixels)
                    if (png_image_finish_read(ref image, null, target, checked((int)image.Width * 4), null) == 0) throw Damaged(image, file);
                return new Picture((int)image.Width, (int)image.Height, pixels);
            }
        }
        finally
        {
            png_image_free(ref image);
        }
    }

    public static byte[] Encode(ReadOnlySpan<byte> rgb, int width, int height)
    {
        Library.Require();
        var image = new Image { Version = ImageVersion, Width = (uint)width, Height = (uint)height, Format = FormatRgb };
        // Pixels that cannot be compressed become a little longer.
        var file = new byte[rgb.Length + height + rgb.Length / 64 + 1024];
        nuint size = (nuint)file.Length;
        fixed (byte* source = rgb, target = file)
            if (png_image_write_to_memory(ref image, target, ref size, 0, source, width * 3, null) == 0)
                throw new InvalidOperationException($"libpng cannot write a picture of {width}x{height}: {Marshal.PtrToStringUTF8((nint)image.Message)}");
        return file[..(int)size];
    }

    private static InvalidDataException Damaged(Image image, FilePlace file) =>
        PictureFile.Damaged(file, "PNG", Marshal.PtrToStringUTF8((nint)image.Message) ?? "unknown error");

    // png_image of png.h
    [StructLayout(LayoutKind.Sequential)]
    private struct Image
    {
        public nint Opaque;
        public uint Version, Width, Height, Format, Flags, ColourMapEntries, WarningOrError;
        public fixed byte Message[64];
    }

    [LibraryImport(Name)]
    private static partial int png_image_begin_read_from_memory(ref Image image, byte* data, nuint size);

    [LibraryImport(Name)]
    private static partial int png_image_finish_read(ref Image image, void* background, byte* target, int rowStride, void* colourMap);

    [LibraryImport(Name)]
    private static partial int png_image_write_to_memory(ref Image image, void* memory, ref nuint memorySize, int convertTo8Bit, void* buffer, int rowStride, void* colourMap);

    [LibraryImport(Name)]
    private static partial void png_image_free(ref Image image);
}
