using System.Runtime.InteropServices;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Pictures;

/// <summary>JPEG, by the TurboJPEG interface of libjpeg-turbo 2.</summary>
internal static unsafe partial class Jpeg
{
    private const string Name = "libturbojpeg.so.0";
    private const int FormatRgba = 7, FormatCmyk = 11, ColourCmyk = 3, ColourYcck = 4, AccurateTransform = 4096, Warning = 0;

    internal static readonly SystemLibrary Library = new(Name, "libturbojpeg0");

    public static Picture Decode(ReadOnlySpan<byte> bytes, FilePlace file)
    {
        Library.Require();
        nint decoder = tjInitDecompress();
        if (decoder == 0) throw PictureFile.Damaged(file, "JPEG", "no decoder could be made for it");
        try
        {
            fixed (byte* data = bytes)
            {
                if (tjDecompressHeader3(decoder, data, (nuint)bytes.Length, out int width, out int height, out _, out int colour) != 0) throw Damaged(decoder, file);
                byte[] pixels = PictureFile.Allocate(width, height, file);
                bool isCmyk = colour is ColourCmyk or ColourYcck;
                int status;
                fixed (byte* target = pixels)
                    status = tjDecompress2(decoder, data, (nuint)bytes.Length, target, width, width * 4, height, isCmyk ? FormatCmyk : FormatRgba, AccurateTransform);
                // A warning is damage that was painted over (grey for what is cut off); stray bytes between parts hurt nobody.
                if (status != 0 && !(tjGetErrorCode(decoder) == Warning && Why(decoder).Contains("extraneous bytes", StringComparison.Ordinal))) throw Damaged(decoder, file);
                if (isCmyk) FromInk(pixels);
                return new Picture(width, height, pixels);
            }
        }
        finally
        {
            _ = tjDestroy(decoder);
        }
    }

    // Such files hold inks as Adobe writes them, 255 for none: a colour is what its ink and the black let through.
    private static void FromInk(byte[] pixels)
    {
        for (int i = 0; i < pixels.Length; i += 4)
        {
            for (int c = 0; c < 3; c++) pixels[i + c] = (byte)((pixels[i + c] * pixels[i + 3] + 127) / 255);
            pixels[i + 3] = 255;
        }
    }

    private static InvalidDataException Damaged(nint decoder, FilePlace file) => PictureFile.Damaged(file, "JPEG", Why(decoder));

    private static string Why(nint decoder) => Marshal.PtrToStringUTF8(tjGetErrorStr2(decoder)) ?? "unknown error";

    [LibraryImport(Name)]
    private static partial nint tjInitDecompress();

    [LibraryImport(Name)]
    private static partial int tjDestroy(nint decoder);

    [LibraryImport(Name)]
    private static partial int tjDecompressHeader3(nint decoder, byte* data, nuint size, out int width, out int height, out int subsampling, out int colourSpace);

    [LibraryImport(Name)]
    private static partial int tjDecompress2(nint decoder, byte* data, nuint size, byte* target, int width, int pitch, int height, int format, int flags);

    [LibraryImport(Name)]
    private static partial nint tjGetErrorStr2(nint decoder);

    [LibraryImport(Name)]
    private static partial int tjGetErrorCode(nint decoder);
}
