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
            if (Read(decoder, bytes, file, out Complaint complaint) is { } picture) return picture;
            if (!complaint.IsWarning) throw Damaged(file, complaint);
            // The library names only the first oddity, which may hide damage: take the harmless ones out, and look again.
            byte[] plain = JpegSegments.WithoutOddities(bytes, out bool hasEnd);
            if (Read(decoder, plain, file, out complaint, hasEnd) is { } clean) return clean;
            throw Damaged(file, complaint);
        }
        finally
        {
            _ = tjDestroy(decoder);
        }
    }

    // Null where there is an error, or a warning: that is damage which was painted over (grey for what is cut off). Where nothing is cut
    // off, stray bytes between the parts hurt nobody.
    private static Picture? Read(nint decoder, ReadOnlySpan<byte> bytes, FilePlace file, out Complaint complaint, bool allowsStrayBytes = false)
    {
        fixed (byte* data = bytes)
        {
            int status = tjDecompressHeader3(decoder, data, (nuint)bytes.Length, out int width, out int height, out _, out int colour);
            complaint = status == 0 ? default : Complaint.Of(decoder);
            if (status != 0 && !(complaint.IsWarning && allowsStrayBytes && complaint.IsAboutStrayBytes)) return null;
            byte[] pixels = PictureFile.Allocate(width, height, file);
            bool isCmyk = colour is ColourCmyk or ColourYcck;
            fixed (byte* target = pixels)
                status = tjDecompress2(decoder, data, (nuint)bytes.Length, target, width, width * 4, height, isCmyk ? FormatCmyk : FormatRgba, AccurateTransform);
            complaint = status == 0 ? default : Complaint.Of(decoder);
            if (status != 0 && !(complaint.IsWarning && allowsStrayBytes && complaint.IsAboutStrayBytes)) return null;
            if (isCmyk) FromInk(pixels);
            return new Picture(width, height, pixels);
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

    private static InvalidDataException Damaged(FilePlace file, Complaint complaint) => PictureFile.Damaged(file, "JPEG", complaint.Text);

    private readonly record struct Complaint(bool IsWarning, string Text)
    {
        public bool IsAboutStrayBytes => Text.Contains("extraneous bytes", StringComparison.Ordinal);

        public static Complaint Of(nint decoder) =>
            new(tjGetErrorCode(decoder) == Warning, Marshal.PtrToStringUTF8(tjGetErrorStr2(decoder)) ?? "unknown error");
    }

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
