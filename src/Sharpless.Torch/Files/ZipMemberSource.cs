using System.IO.Compression;
using System.IO.Hashing;

namespace Sharpless.Torch.Files;

/// <summary>The uncompressed bytes of a zip member, verified against their length and CRC before the first of them is handed out.</summary>
/// <remarks>A stored member is read where it lies; a deflated one is decompressed into memory as a whole.</remarks>
internal sealed class ZipMemberSource(ByteSource archive, ZipMember member, FilePlace place, InflatedMembers inflated) : ByteSource
{
    private readonly Lock _lock = new();
    private bool _verified;

    public override long Length => member.Length;

    /// <summary>The first bytes, at most <paramref name="count"/>, not verified: to look at the member's header.</summary>
    public byte[] ReadFront(int count)
    {
        using Stream stream = Open();
        byte[] front = new byte[Math.Min(count, member.Length)];
        return front[..stream.ReadAtLeast(front, front.Length, throwOnEndOfStream: false)];
    }

    public override void Read(long offset, Span<byte> destination)
    {
        if (member.IsDeflated)
        {
            inflated.Get(this).Read(offset, destination);
            return;
        }
        lock (_lock)
        {
            if (!_verified) Verify();
            _verified = true;
        }
        archive.Read(member.DataOffset + offset, destination);
    }

    /// <summary>Decompresses and verifies the member.</summary>
    public ChunkedSource Inflate()
    {
        using DecompressedStream stream = OpenDeflated();
        var bytes = new ChunkedSource();
        bytes.Fill(stream, member.Length);
        uint crc = stream.Crc;
        // What a member holds beyond its claimed size is never unpacked: one byte proves it.
        bool hasMore = stream.ReadByte() >= 0;
        if (hasMore || bytes.Length < member.Length) throw Damaged(hasMore ? "more bytes" : $"only {bytes.Length} bytes");
        if (crc != member.Crc) throw Damaged($"bytes with CRC-32 {crc:X8}");
        return bytes;
    }

    private InvalidDataException Damaged(string given) =>
        place.Error(member.DataOffset, given, $"{member.Length} bytes with CRC-32 {member.Crc:X8}", "The file is damaged; write it again.");

    private Stream Open() => member.IsDeflated ? OpenDeflated() : OpenStored();

    private SourceStream OpenStored() => new(archive, member.DataOffset, member.CompressedLength);

    private DecompressedStream OpenDeflated() =>
        new(new DeflateStream(OpenStored(), CompressionMode.Decompress), () => Damaged("bytes that are not deflate data"));

    private void Verify()
    {
        using SourceStream stream = OpenStored();
        byte[] block = new byte[Math.Clamp(member.Length, 1, 1 << 20)];
        var crc = new Crc32();
        for (int count; (count = stream.Read(block)) > 0;) crc.Append(block.AsSpan(0, count));
        uint found = crc.GetCurrentHashAsUInt32();
        if (found != member.Crc) throw Damaged($"bytes with CRC-32 {found:X8}");
    }
}
