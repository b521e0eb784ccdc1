using System.Buffers.Binary;

namespace Sharpless.Torch.Pictures;

/// <summary>The first frame of an animated WebP file (RFC 9649, section 2.7).</summary>
/// <param name="Width">Width of the canvas.</param>
/// <param name="Height">Height of the canvas.</param>
/// <param name="HasOpacity">Whether the canvas is transparent where no frame covers it.</param>
/// <param name="Left">Column of the frame's left edge.</param>
/// <param name="Top">Row of the frame's upper edge.</param>
/// <param name="File">The frame as a WebP file of its own.</param>
internal sealed record WebPFrame(int Width, int Height, bool HasOpacity, int Left, int Top, byte[] File)
{
    private const int ChunkHeader = 8, RiffHeader = 12, CanvasHeader = 10, FrameHeader = 16;
    private const byte Animated = 2, Opacity = 16;

    /// <summary>The first frame; null where the file is no animation, or not a whole one.</summary>
    public static WebPFrame? First(ReadOnlySpan<byte> file)
    {
        if (file.Length < RiffHeader + ChunkHeader + CanvasHeader || Size(file, 4) + ChunkHeader > (uint)file.Length) return null;
        ReadOnlySpan<byte> canvas = file[(RiffHeader + ChunkHeader)..];
        if (!file[RiffHeader..].StartsWith("VP8X"u8) || (canvas[0] & Animated) == 0) return null;
        long at = RiffHeader;
        while (file.Length - at >= ChunkHeader)
        {
            ReadOnlySpan<byte> chunk = file[(int)at..];
            uint size = Size(chunk, 4);
            if (size > chunk.Length - ChunkHeader) return null;
            if (chunk.StartsWith("ANMF"u8))
            {
                if (size < FrameHeader) return null;
                ReadOnlySpan<byte> frame = chunk.Slice(ChunkHeader, (int)size);
                return new WebPFrame(
                    UInt24(canvas[4..]) + 1, UInt24(canvas[7..]) + 1, (canvas[0] & Opacity) != 0, UInt24(frame) * 2, UInt24(frame[3..]) * 2,
                    AsFile(frame[FrameHeader..], frame.Slice(6, 6), (canvas[0] & Opacity) != 0));
            }

            at += ChunkHeader + size + size % 2;
        }

        return null;
    }

    // A frame with a plane of opacity needs the header of extended files; all others are files once the first header is before them.
    private static byte[] AsFile(ReadOnlySpan<byte> chunks, ReadOnlySpan<byte> size, bool hasOpacity)
    {
        byte[] extended = chunks.StartsWith("ALPH"u8) ? [.. "VP8X"u8, CanvasHeader, 0, 0, 0, hasOpacity ? Opacity : (byte)0, 0, 0, 0, .. size] : [];
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, 4 + extended.Length + chunks.Length);
        return [.. "RIFF"u8, .. length, .. "WEBP"u8, .. extended, .. chunks];
    }

    private static uint Size(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | bytes[1] << 8 | bytes[2] << 16;
}
