using Microsoft.Win32.SafeHandles;

namespace Sharpless.Torch.Files;

/// <summary>Bytes that can be read at any offset, from any thread.</summary>
internal abstract class ByteSource
{
    /// <summary>Length in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Fills the destination with the bytes from <paramref name="offset"/> on, or throws.</summary>
    public abstract void Read(long offset, Span<byte> destination);
}

/// <summary>A file, read by offset.</summary>
/// <remarks>Not memory-mapped: when somebody shortens a mapped file, the reader's process is killed by a signal.</remarks>
internal sealed class FileSource(string path, SafeFileHandle handle) : ByteSource
{
    public override long Length { get; } = RandomAccess.GetLength(handle);

    public override void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(handle, destination, offset);
            if (count == 0)
                throw new FilePlace(path).Error(offset, "the file ends here", $"{Length} bytes, its length when it was opened",
                    "Something else is writing to it: wait until that is done and read it again.");
            offset += count;
            destination = destination[count..];
        }
    }
}

/// <summary>Bytes in memory.</summary>
internal sealed class MemorySource(ReadOnlyMemory<byte> bytes) : ByteSource
{
    public override long Length => bytes.Length;

    public override void Read(long offset, Span<byte> destination) =>
        bytes.Span.Slice(checked((int)offset), destination.Length).CopyTo(destination);
}

/// <summary>Bytes in memory, any number of them, in pieces that are added as the data arrive.</summary>
internal sealed class ChunkedSource : ByteSource
{
    private const int ChunkSize = 1 << 24;
    private readonly List<byte[]> _chunks = [];
    private long _length;

    public override long Length => _length;

    /// <summary>Takes up to <paramref name="limit"/> bytes of a stream, once; memory grows with what really arrives.</summary>
    public void Fill(Stream stream, long limit)
    {
        while (_length < limit)
        {
            byte[] chunk = new byte[Math.Min(ChunkSize, limit - _length)];
            int count = stream.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false);
            _chunks.Add(chunk);
            _length += count;
            if (count < chunk.Length) return;
        }
    }

    public override void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > _length - destination.Length) throw new ArgumentOutOfRangeException(nameof(offset));
        while (!destination.IsEmpty)
        {
            ReadOnlySpan<byte> piece = _chunks[(int)(offset / ChunkSize)].AsSpan((int)(offset % ChunkSize));
            int count = Math.Min(piece.Length, destination.Length);
            piece[..count].CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }
    }
}

/// <summary>A range of a source as a stream that is read once from front to back.</summary>
internal sealed class SourceStream(ByteSource source, long start, long length) : Stream
{
    private long _position;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => length;
    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, length - _position);
        source.Read(start + _position, buffer[..count]);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
