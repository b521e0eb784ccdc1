using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Sharpless.Torch.Files;

/// <summary>The arrays of numbers in a MATLAB file of version 5 to 7 (<c>save -v6</c>, <c>save -v7</c>; <c>scipy.io.savemat</c>).</summary>
/// <remarks>
/// Read: real arrays of 8- to 32-bit integers, single or double, compressed or not, of either byte order. Passed over: texts, structures,
/// cells, sparse and complex arrays. Version 7.3 is HDF5, another format, and refused. Source: MathWorks, "MAT-File Format", chapter 1.
/// </remarks>
public sealed class MatFile
{
    private const int HeaderSize = 128, MostDimensions = 32, LongestName = 63;
    private const uint ComplexFlag = 0x0800;
    private const string Mend = "It is cut off, damaged or another format: fetch it or write it again.";

    private readonly FilePlace _file;
    private readonly ByteSource _source;
    private readonly long _memoryLimit;
    private readonly bool _isBigEndian;
    private long _used;
    private readonly Dictionary<string, MatArray> _arrays = new(StringComparer.Ordinal);

    private MatFile(ByteSource source, FilePlace file, long memoryLimit)
    {
        (_source, _file, _memoryLimit) = (source, file, memoryLimit);
        var header = new byte[HeaderSize];
        if (source.Length >= HeaderSize) source.Read(0, header);
        _isBigEndian = (header[126], header[127]) == ('M', 'I');
        ushort version = UInt16(header.AsSpan(124));
        bool isOther = !_isBigEndian && (header[126], header[127]) != ('I', 'M');
        if (isOther && ForeignContent.Refusal(source, file, "a MATLAB file of version 5 to 7") is { } refusal) throw refusal;
        if (isOther || version is not (0x0100 or 0x0200))
            throw file.Error(0, "another start", "the header of a MATLAB file of version 5", Mend);
        if (version == 0x0200) throw file.Error(124, "MATLAB version 7.3, which is HDF5", "version 5 to 7", "Save it again in MATLAB with -v7.");
    }

    /// <summary>An array by its name.</summary>
    /// <exception cref="InvalidDataException">There is none of this name.</exception>
    public MatArray this[string name] => _arrays.TryGetValue(name, out MatArray? array) ? array : throw _file.Error(
        0, $"no array {FilePlace.Quote(name)}", $"one of {string.Join(", ", _arrays.Keys.Take(20).Select(FilePlace.Quote))}", "Names are case-sensitive.");

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits; default <see cref="ArrayFileOptions"/>. The arrays of a file together are held to the memory limit.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">Another format, damage, or more than the memory limit.</exception>
    public static MatFile Read(string path, ArrayFileOptions? options = null)
    {
        using SafeFileHandle handle = InputFile.Open(path);
        return Read(new FileSource(path, handle), new FilePlace(path), options ?? new ArrayFileOptions());
    }

    /// <summary>Reads the bytes of a file.</summary>
    internal static MatFile Read(ByteSource source, FilePlace file, ArrayFileOptions options)
    {
        var mat = new MatFile(source, file, options.MemoryLimit);
        mat.ReadElements();
        return mat;
    }

    private void ReadElements()
    {
        Span<byte> tag = stackalloc byte[8];
        for (long at = HeaderSize; at < _source.Length;)
        {
            if (_source.Length - at < tag.Length) throw _file.Error(at, $"{_source.Length - at} more bytes", "the 8 bytes of an element's tag, or the end", Mend);
            _source.Read(at, tag);
            (MatType type, long size) = ((MatType)UInt32(tag), UInt32(tag[4..]));
            at += tag.Length;
            if (size > _source.Length - at) throw _file.Error(at, $"an element of {size} bytes", $"at most the {_source.Length - at} that follow", Mend);
            if (type == MatType.Compressed) ReadCompressed(at, size);
            else if (type == MatType.Matrix)
            {
                using var stream = new SourceStream(_source, at, size);
                ReadArray(new Element(this, stream, size, at));
            }
            // Compressed elements alone are not padded to a multiple of 8 bytes.
            at += type == MatType.Compressed ? size : (size + 7) / 8 * 8;
        }
    }

    private void ReadCompressed(long at, long size)
    {
        using var stored = new SourceStream(_source, at, size);
        using var unzipped = new DecompressedStream(new ZLibStream(stored, CompressionMode.Decompress), () => _file.Error(at, "damaged zlib data", "a compressed element", Mend));
        var tag = new byte[8];
        if (unzipped.ReadAtLeast(tag, tag.Length, throwOnEndOfStream: false) < tag.Length) throw _file.Error(at, "a compressed element without a tag", "8 bytes", Mend);
        (MatType type, long length) = ((MatType)UInt32(tag), UInt32(tag.AsSpan(4)));
        if (length > size * Deflate.GreatestRatio) throw _file.Error(at, $"{size} compressed bytes that claim to hold {length}", $"at most {Deflate.GreatestRatio} times as many", Mend);
        if (type == MatType.Matrix) ReadArray(new Element(this, unzipped, length, at));
    }

    // An array is: flags and class, dimensions, name, then the numbers.
    private void ReadArray(Element element)
    {
        (MatType flagType, byte[] flags) = element.Next(8);
        if (flagType != MatType.UInt32 || flags.Length != 8) throw element.Error($"array flags of {flags.Length} bytes", "8");
        uint kind = UInt32(flags);
        // Classes 6 to 13 are the numbers: double, single, and the integers from 8 to 32 bits.
        if ((kind & 0xff) is < 6 or > 13 || (kind & ComplexFlag) != 0) return;

        (MatType dimensionType, byte[] dimensions) = element.Next(4 * MostDimensions);
        if (dimensionType != MatType.Int32 || dimensions.Length is < 8 || dimensions.Length % 4 != 0) throw element.Error($"dimensions in {dimensions.Length} bytes", "two or more 32-bit numbers");
        long[] shape = new long[dimensions.Length / 4];
        for (int d = 0; d < shape.Length; d++) shape[d] = UInt32(dimensions.AsSpan(4 * d));

        (_, byte[] nameBytes) = element.Next(LongestName);
        string name = Encoding.ASCII.GetString(nameBytes);
        (MatType type, byte[] data) = element.Next(Math.Min(_memoryLimit - _used, Array.MaxLength));
        if (type.Size() == 0) throw element.Error($"numbers of type {(int)type}", "integers up to 32 bits, single or double");
        FilePlace place = _file with { Member = name };
        long bytes = ArrayShape.CheckedByteCount(shape, type.Size(), place, element.Offset);
        if (bytes != data.Length) throw element.Error($"{data.Length} bytes for shape {FilePlace.Format(shape)}", $"{bytes}");
        if (!_arrays.TryAdd(name, new MatArray(name, shape, type, data, _isBigEndian, place)))
            throw element.Error($"two arrays named {FilePlace.Quote(name)}", "each name once");
        _used += data.Length;
    }

    private ushort UInt16(ReadOnlySpan<byte> bytes) => _isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private uint UInt32(ReadOnlySpan<byte> bytes) => _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    // An array's element, and how much of it is left.
    private sealed class Element(MatFile mat, Stream stream, long left, long offset)
    {
        public long Offset => offset;

        public InvalidDataException Error(string given, string expected) => mat._file.Error(offset, given, expected, Mend);

        // The next part: type, size and data, padded to a multiple of 8 bytes; up to 4 bytes stand inside the tag.
        public (MatType Type, byte[] Data) Next(long most)
        {
            Span<byte> tag = stackalloc byte[8];
            Take(tag);
            uint first = mat.UInt32(tag);
            if (first >> 16 is var small and > 0)
                return small <= 4 && small <= most ? ((MatType)(first & 0xffff), tag[4..(4 + (int)small)].ToArray()) : throw Error($"{small} bytes inside a tag", $"at most {Math.Min(4, most)}");
            long size = mat.UInt32(tag[4..]);
            if (size > left) throw Error($"a part of {size} bytes", $"at most the {left} that are left of the element");
            if (size > most) throw Error($"a part of {size} bytes", $"at most {most}, the memory limit");
            var data = new byte[size];
            Take(data);
            Span<byte> padding = stackalloc byte[(int)Math.Min((8 - size % 8) % 8, left)];
            Take(padding);
            return ((MatType)first, data);
        }

        private void Take(Span<byte> bytes)
        {
            if (bytes.Length > left || stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Error("the end of the element", $"{bytes.Length} more bytes");
            left -= bytes.Length;
        }
    }
}
