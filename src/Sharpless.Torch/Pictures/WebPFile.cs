using System.Buffers.Binary;

namespace Sharpless.Torch.Pictures;

/// <summary>The header of a WebP file (RFC 9649, section 2).</summary>
internal static class WebPFile
{
    private const int FirstChunk = 12, ChunkHeader = 8, FrameHeader = 16, Flags = 20;
    private const byte Animated = 2, Opacity = 16;

    /// <summary>What is wrong with the file, where Skia does not look or takes a later frame for the first; null where nothing is.</summary>
    public static string? FlawOf(ReadOnlySpan<byte> file)
    {
        if (LengthAt(file, 4) + ChunkHeader > file.Length) return "it is cut off";
        if (!IsAnimation(file)) return null;
        for (long at = FirstChunk; file.Length - at >= ChunkHeader;)
        {
            ReadOnlySpan<byte> chunk = file[(int)at..];
            long length = LengthAt(chunk, 4);
            if (chunk.StartsWith("ANMF"u8)) return length >= FrameHeader && BeginsPicture(chunk[Math.Min(ChunkHeader + FrameHeader, chunk.Length)..]) ? null : "its first frame is damaged";
            at += ChunkHeader + length + length % 2;
        }

        return "it has no frame";
    }

    /// <summary>Whether it is an animation without opacity. Skia leaves its canvas transparent where the first frame does not cover it.</summary>
    public static bool IsOpaqueAnimation(ReadOnlySpan<byte> file) => IsAnimation(file) && (file[Flags] & Opacity) == 0;

    private static bool IsAnimation(ReadOnlySpan<byte> file) =>
        file.Length > Flags && file[FirstChunk..].StartsWith("VP8X"u8) && (file[Flags] & Animated) != 0;

    private static bool BeginsPicture(ReadOnlySpan<byte> chunk) => chunk.StartsWith("VP8 "u8) || chunk.StartsWith("VP8L"u8) || chunk.StartsWith("ALPH"u8);

    private static long LengthAt(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
