using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Sharpless.Torch.Files;

namespace Sharpless;

/// <summary>
/// A hash of what something holds (XXH128), by which a later look notices that it is no longer the same. It finds damage
/// and exchanged files; it is no protection against somebody who makes two contents of one hash on purpose.
/// </summary>
internal sealed class ContentHash : Stream
{
    private readonly XxHash128 _hash = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>32 hexadecimal digits of what was added so far.</summary>
    internal string Text => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>The hash of a file's bytes.</summary>
    internal static string OfFile(string path) => OfStart(path, long.MaxValue).Text;

    /// <summary>The first bytes of a file, hashed; more can be added.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">How many at most.</param>
    internal static ContentHash OfStart(string path, long length)
    {
        var hash = new ContentHash();
        using FileStream file = InputFile.OpenRead(path);
        var block = new byte[1 << 18];
        for (long left = Math.Min(length, file.Length); left > 0;)
        {
            int count = file.Read(block, 0, (int)Math.Min(block.Length, left));
            if (count == 0) break;
            hash.Write(block.AsSpan(0, count));
            left -= count;
        }

        return hash;
    }

    /// <summary>Adds numbers as they lie in memory.</summary>
    internal ContentHash Add<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        // Parts of the span, because its bytes may be more than a span can count.
        const int Part = 1 << 24;
        for (; values.Length > Part; values = values[Part..]) Write(MemoryMarshal.AsBytes(values[..Part]));
        Write(MemoryMarshal.AsBytes(values));
        return this;
    }

    /// <summary>Adds a text with its length: two texts in a row are not the same letters parted elsewhere.</summary>
    internal ContentHash Add(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        Write(length);
        Write(bytes);
        return this;
    }

    public override void Write(ReadOnlySpan<byte> buffer) => _hash.Append(buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
