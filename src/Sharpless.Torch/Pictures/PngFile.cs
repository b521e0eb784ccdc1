using System.Buffers.Binary;

namespace Sharpless.Torch.Pictures;

/// <summary>The chunks of a PNG file.</summary>
internal static class PngFile
{
    private const int Signature = 8, Frame = 12;

    /// <summary>Whether all pixels are there: the chunk that follows them has begun. Skia does not ask for it.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> file)
    {
        bool arePixels = false;
        for (long at = Signature; file.Length - at >= Frame - 4;)
        {
            ReadOnlySpan<byte> chunk = file[(int)at..];
            bool wasPixels = arePixels;
            arePixels = chunk[4..].StartsWith("IDAT"u8);
            if (wasPixels && !arePixels) return true;
            at += Frame + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }

        return false;
    }
}
