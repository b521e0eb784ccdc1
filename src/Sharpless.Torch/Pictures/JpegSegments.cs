using System.Buffers.Binary;

namespace Sharpless.Torch.Pictures;

/// <summary>The segments of a JPEG file, as its decoder finds them (ITU-T T.81, annex B).</summary>
internal static class JpegSegments
{
    private const byte Stuffed = 0x00, Temporary = 0x01, FirstRestart = 0xd0, Start = 0xd8, End = 0xd9, Scan = 0xda, Application0 = 0xe0, Application14 = 0xee;

    /// <summary>
    /// The file without what decoders warn about although no pixel depends on it: stray bytes between segments; a revision of JFIF other
    /// than 1.x; an Adobe colour transform that is none; and in files that are not progressive, scan parameters that only progressive
    /// ones use. Pixel data are not looked into.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="hasEnd">Whether its end marker is there: it is not cut off.</param>
    public static byte[] WithoutOddities(ReadOnlySpan<byte> file, out bool hasEnd)
    {
        var plain = new MemoryStream(file.Length);
        hasEnd = false;
        bool isSequential = true;
        long adobe = -1;                                                    // place of its transform in the plain file
        int components = 3;
        for (int at = 0; NextMarker(file, ref at) is byte marker && !hasEnd;)
        {
            plain.Write([0xff, marker]);
            hasEnd = marker == End;
            if (marker is Start or End or Temporary or (>= FirstRestart and < Start)) continue;
            int length = file.Length - at >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(file[at..]) : int.MaxValue;
            if (length < 2 || length > file.Length - at) break;             // for the decoder to say
            byte[] segment = file.Slice(at, length).ToArray();
            at += length;
            // Baseline, extended and lossless frames, with Huffman or arithmetic codes: all but the progressive.
            if (marker is >= 0xc0 and <= 0xcf and not (0xc4 or 0xc8 or 0xcc))
            {
                isSequential = marker is 0xc0 or 0xc1 or 0xc9;
                if (length > 7) components = segment[7];
            }

            if (marker == Application14 && length >= 14 && segment.AsSpan(2).StartsWith("Adobe"u8)) adobe = plain.Position + 13;
            Mend(marker, segment, isSequential);
            plain.Write(segment);
            if (marker == Scan) CopyPixels(file, ref at, plain);
        }

        byte[] bytes = plain.ToArray();
        // 0: colours as they are; 1: luminance and colour differences of three components, 2: of four. Decoders take the last two for anything else.
        if (adobe >= 0 && bytes[adobe] != 0) bytes[adobe] = (byte)(components == 4 ? 2 : 1);
        return bytes;
    }

    private static void Mend(byte marker, Span<byte> segment, bool isSequential)
    {
        ReadOnlySpan<byte> content = segment[2..];
        if (marker == Application0 && content.StartsWith("JFIF\0"u8) && content.Length >= 7) segment[7] = 1;
        if (marker == Scan && isSequential && content.Length >= 4) (segment[^3], segment[^2], segment[^1]) = (0, 63, 0);
    }

    // The next marker, whatever lies before it; at then stands behind it.
    private static byte? NextMarker(ReadOnlySpan<byte> file, ref int at)
    {
        while (file[at..].IndexOf((byte)0xff) is >= 0 and int skipped)
        {
            at += skipped;
            while (at < file.Length && file[at] == 0xff) at++;
            if (at == file.Length) return null;
            if (file[at++] is not Stuffed and byte marker) return marker;
        }

        return null;
    }

    // Up to the marker that ends the scan. Restart markers are part of it.
    private static void CopyPixels(ReadOnlySpan<byte> file, ref int at, MemoryStream plain)
    {
        int from = at;
        for (; at < file.Length; at++)
            if (file[at] == 0xff && at + 1 < file.Length && file[at + 1] is not (Stuffed or 0xff or (>= FirstRestart and < Start))) break;
        plain.Write(file[from..at]);
    }
}
