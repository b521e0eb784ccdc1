using System.Buffers.Binary;
using System.Text;

namespace Sharpless.Torch.Files;

/// <summary>Header of an npy array: element format, order and shape.</summary>
/// <param name="Format">How one element is stored.</param>
/// <param name="FortranOrder">Whether the first dimension runs fastest.</param>
/// <param name="Shape">Length of each dimension.</param>
/// <param name="Length">Bytes before the first element.</param>
/// <param name="DataLength">Bytes of all elements.</param>
/// <param name="Foreign">What the elements are where they cannot be read; their number and size are then not checked.</param>
/// <remarks>numpy's format description, NEP 1: versions 1.0, 2.0 and 3.0.</remarks>
internal sealed record NpyHeader(ElementFormat Format, bool FortranOrder, long[] Shape, long Length, long DataLength, ForeignType? Foreign)
{
    /// <summary>Longest text of a header; numpy refuses longer ones too unless told otherwise.</summary>
    public const int LongestText = 10_000;

    /// <summary>First bytes of every npy file.</summary>
    public static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a header from the front of a stream of <paramref name="length"/> bytes that holds one array and nothing else.</summary>
    /// <exception cref="InvalidDataException">Not an npy array, or a damaged one.</exception>
    public static NpyHeader Read(Stream stream, long length, FilePlace place)
    {
        Span<byte> prefix = stackalloc byte[12];
        ReadExactly(stream, prefix[..8], 0, place);
        if (!prefix.StartsWith(Magic))
            throw place.Error(0, $"the bytes {Convert.ToHexString(prefix[..6])}", $"{Convert.ToHexString(Magic)}, the start of an npy array", "Save it with numpy.save.");
        (byte major, byte minor) = (prefix[6], prefix[7]);
        if (major is < 1 or > 3 || minor != 0)
            throw place.Error(6, $"npy version {major}.{minor}", "1.0, 2.0 or 3.0", "Save it again with numpy.save.");

        int start = major == 1 ? 10 : 12;
        ReadExactly(stream, prefix[8..start], 8, place);
        long textLength = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(prefix[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]);
        if (textLength > Math.Min(LongestText, length - start))
            throw place.Error(8, $"a header of {textLength} bytes in {length} bytes", $"at most {Math.Max(0, Math.Min(LongestText, length - start))}", "The file is damaged or cut off; write it again.");

        byte[] text = new byte[textLength];
        ReadExactly(stream, text, start, place);
        var literal = new NpyHeaderText((major == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(text), start, place);
        (ElementFormat format, bool fortranOrder, long[] shape) = literal.Parse();
        ForeignType? foreign = literal.Foreign;

        long dataStart = start + textLength;
        long dataLength = ArrayShape.CheckedByteCount(shape, format.Size, place, start);
        if (foreign is null && dataLength != length - dataStart)
            throw place.Error(dataStart, $"{length - dataStart} bytes of elements",
                $"{dataLength} for shape {FilePlace.Format(shape)} and {format.Size} bytes an element", "The file is damaged, cut off or has something appended; write it again.");
        return new NpyHeader(format, fortranOrder, shape, dataStart, dataLength, foreign);
    }

    private static void ReadExactly(Stream stream, Span<byte> bytes, long offset, FilePlace place)
    {
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (count < bytes.Length)
            throw place.Error(offset + count, "the end of the data", $"{bytes.Length - count} more bytes of the npy header", "The file is cut off; write it again.");
    }
}
