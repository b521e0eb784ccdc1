using System.Runtime.InteropServices;

namespace Sharpless.Torch.Files;

/// <summary>An array to be written to a file.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">Type of the elements.</param>
/// <param name="Shape">Length of each dimension; empty for a single number.</param>
/// <param name="WriteData">Writes the elements in C order, little-endian; their number times their size is checked.</param>
public sealed record ArrayEntry(string Name, ScalarType Type, IReadOnlyList<long> Shape, Action<Stream> WriteData)
{
    /// <summary>An array whose elements lie in memory as little-endian bytes in C order.</summary>
    public ArrayEntry(string name, ScalarType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> bytes)
        : this(name, type, shape, stream => stream.Write(bytes.Span)) { }

    /// <summary>An array of float32.</summary>
    public ArrayEntry(string name, IReadOnlyList<long> shape, ReadOnlyMemory<float> values)
        : this(name, ScalarType.Float32, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span))) { }

    /// <summary>An array of int64.</summary>
    public ArrayEntry(string name, IReadOnlyList<long> shape, ReadOnlyMemory<long> values)
        : this(name, ScalarType.Int64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span))) { }

    /// <summary>Size of the elements in bytes.</summary>
    /// <exception cref="ArgumentException">A negative length, or a product beyond 2^63.</exception>
    internal long ByteCount()
    {
        Int128 count = Type.ByteSize();
        foreach (long length in Shape)
        {
            count *= length;
            if (length < 0 || count > long.MaxValue)
                throw new ArgumentException($"Array {FilePlace.Quote(Name)} has the shape {FilePlace.Format(Shape)}; lengths must be 0 or more and their product below 2^63.", nameof(Shape));
        }
        return (long)count;
    }

    /// <summary>Writes the elements and checks how many there were.</summary>
    /// <exception cref="ArgumentException">More or fewer bytes than shape and type say.</exception>
    internal void CopyTo(Stream stream)
    {
        var counted = new CountingStream(stream);
        WriteData(counted);
        if (counted.Position != ByteCount())
            throw new ArgumentException($"Array {FilePlace.Quote(Name)} wrote {counted.Position} bytes; {Type} of shape {FilePlace.Format(Shape)} takes {ByteCount()}.");
    }

    /// <summary>Passes bytes on and counts them.</summary>
    private sealed class CountingStream(Stream inner) : Stream
    {
        private long _position;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => _position;
        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            inner.Write(buffer);
            _position += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Flush() => inner.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
