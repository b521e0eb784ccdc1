using System.Buffers.Binary;

namespace Sharpless.Torch.Pictures;

/// <summary>The chunks of a PNG file that say how its numbers are to be shown: gamma, colours of the screen, profiles.</summary>
/// <remarks>
/// Pillow and torchvision give the numbers as they are stored, and networks are trained on those; libpng's simplified interface would
/// convert them. So the chunks are left out before the file is decoded. Source: the PNG specification, third edition, chapter 11.3.2.
/// </remarks>
internal static class PngChunks
{
    private const int SignatureLength = 8, FrameLength = 12;

    /// <summary>The file without those chunks; the same bytes where it has none.</summary>
    public static ReadOnlySpan<byte> WithoutColourSpace(ReadOnlySpan<byte> file)
    {
        MemoryStream? rest = null;
        int copied = 0;
        for (int at = SignatureLength; file.Length - at >= FrameLength;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            ReadOnlySpan<byte> name = file.Slice(at + 4, 4);
            // All of them stand before the pixels. What is cut off is for the decoder to say.
            if (name.SequenceEqual("IDAT"u8) || length > file.Length - at - FrameLength) break;
            int end = at + FrameLength + (int)length;
            if (IsColourSpace(name))
            {
                (rest ??= new MemoryStream(file.Length)).Write(file[copied..at]);
                copied = end;
            }

            at = end;
        }

        if (rest is null) return file;
        rest.Write(file[copied..]);
        return rest.GetBuffer().AsSpan(0, (int)rest.Length);
    }

    private static bool IsColourSpace(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("gAMA"u8) || name.SequenceEqual("cHRM"u8) || name.SequenceEqual("sRGB"u8) || name.SequenceEqual("iCCP"u8) || name.SequenceEqual("cICP"u8);
}
