using System.IO.Hashing;

namespace Sharpless.Torch.Files;

/// <summary>Passes on what a decompressor gives, computes its CRC, and turns complaints about damaged data into errors that name the file.</summary>
/// <param name="decompressor">Owned.</param>
/// <param name="damaged">Makes the error.</param>
internal sealed class DecompressedStream(Stream decompressor, Func<InvalidDataException> damaged) : Stream
{
    private readonly Crc32 _crc = new();

    /// <summary>CRC-32 of everything read so far.</summary>
    public uint Crc => _crc.GetCurrentHashAsUInt32();

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            int count = decompressor.Read(buffer);
            _crc.Append(buffer[..count]);
            return count;
        }
        catch (InvalidDataException)
        {
            throw damaged();
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) decompressor.Dispose();
        base.Dispose(disposing);
    }
}
