using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace Sharpless.Torch.Files;

/// <summary>An array of unsigned bytes from an idx file, the format of MNIST and its relatives.</summary>
/// <param name="Shape">Length of each dimension: [N, H, W] for images, [N] for labels.</param>
/// <param name="Values">The elements in C order.</param>
/// <remarks>Format: two zero bytes, the element type, the number of dimensions, each length as a big-endian 32-bit number, the elements.</remarks>
public sealed record IdxFile(IReadOnlyList<long> Shape, byte[] Values)
{
    private const byte UnsignedByte = 0x08;
    private const int MostDimensions = 8;
    private const string Mend = "Fetch or write the file again.";

    /// <summary>Reads a file, plain or compressed with gzip.</summary>
    /// <param name="path">Recognized by its content, whatever its name. Compressed: one gzip member and nothing behind it.</param>
    /// <param name="options">Limits; default <see cref="ArrayFileOptions"/>.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">Another format or element type, a length that does not match, damage, or more than the memory limit.</exception>
    public static IdxFile Read(string path, ArrayFileOptions? options = null)
    {
        using SafeFileHandle handle = InputFile.Open(path);
        return Read(new FileSource(path, handle), new FilePlace(path), options ?? new ArrayFileOptions());
    }

    /// <summary>Reads the bytes of a file.</summary>
    internal static IdxFile Read(ByteSource source, FilePlace file, ArrayFileOptions options)
    {
        Span<byte> start = stackalloc byte[2];
        start = start[..(int)Math.Min(start.Length, source.Length)];
        source.Read(0, start);
        using var stored = new SourceStream(source, 0, source.Length);
        bool isZipped = start.SequenceEqual<byte>([0x1f, 0x8b]);
        if (!isZipped && ForeignContent.Refusal(source, file, "an idx file, plain or compressed with gzip") is { } refusal) throw refusal;
        if (!isZipped) return Read(stored, source.Length, file, options.MemoryLimit);

        using var unzipped = new DecompressedStream(
            new GZipStream(stored, CompressionMode.Decompress),
            () => file.Error(0, "damaged or cut off gzip data", "an idx file compressed with gzip", Mend));
        IdxFile idx = Read(unzipped, checked(source.Length * Deflate.GreatestRatio), file, options.MemoryLimit);

        // GZipStream takes a file that is cut off inside its last eight bytes, CRC and length, for complete.
        Span<byte> crc = stackalloc byte[4];
        source.Read(source.Length - 8, crc);
        if (BinaryPrimitives.ReadUInt32LittleEndian(crc) != unzipped.Crc)
            throw file.Error(source.Length - 8, $"the CRC-32 {BinaryPrimitives.ReadUInt32LittleEndian(crc):X8}", $"{unzipped.Crc:X8}, that of the data", "It is cut off or damaged. " + Mend);
        return idx;
    }

    private static IdxFile Read(Stream stream, long longest, FilePlace file, long memoryLimit)
    {
        Span<byte> magic = stackalloc byte[4];
        int count = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        if (count < magic.Length || magic[0] != 0 || magic[1] != 0 || magic[2] != UnsignedByte || magic[3] is 0 or > MostDimensions)
            throw file.Error(0, $"the bytes {Convert.ToHexString(magic[..count])}", $"000008 and a number of dimensions from 1 to {MostDimensions}, the start of an idx file of unsigned bytes", Mend);

        long[] shape = new long[magic[3]];
        Span<byte> lengths = stackalloc byte[4 * shape.Length];
        ReadExactly(stream, lengths, magic.Length, file);
        for (int d = 0; d < shape.Length; d++) shape[d] = BinaryPrimitives.ReadUInt32BigEndian(lengths[(4 * d)..]);

        int start = magic.Length + lengths.Length;
        long size = ArrayShape.CheckedByteCount(shape, 1, file, magic.Length);
        if (size > longest - start)
            throw file.Error(start, $"shape {FilePlace.Format(shape)} of {size} bytes", $"no more than the {longest - start} that the file can hold", "It is cut off or damaged. " + Mend);
        if (size > Math.Min(memoryLimit, Array.MaxLength))
            throw file.Error(start, $"shape {FilePlace.Format(shape)} of {size} bytes", $"at most {Math.Min(memoryLimit, Array.MaxLength)}, the memory limit", "Raise the memory limit.");

        byte[] values = new byte[size];
        ReadExactly(stream, values, start, file);
        if (stream.ReadByte() >= 0)
            throw file.Error(start + size, "more bytes", $"the end after {size} bytes for shape {FilePlace.Format(shape)}", Mend);
        return new IdxFile(shape, values);
    }

    private static void ReadExactly(Stream stream, Span<byte> bytes, long offset, FilePlace file)
    {
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (count < bytes.Length) throw file.Error(offset + count, "the end of the data", $"{bytes.Length - count} more bytes", "It is cut off. " + Mend);
    }
}
