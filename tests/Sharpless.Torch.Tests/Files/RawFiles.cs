using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

/// <summary>Builds array files by hand, so that any part of them can be wrong.</summary>
internal static class RawFiles
{
    public const long Megabyte = 1 << 20;

    public static ArrayFile Open(byte[] bytes, string path = "attack", long memoryLimit = Megabyte) =>
        ArrayFile.Open(bytes, path, new ArrayFileOptions { MemoryLimit = memoryLimit });

    /// <summary>Asserts that reading is refused in one line that holds all the given texts, after at most a few megabytes of allocation.</summary>
    public static void AssertRefused(byte[] bytes, params string[] texts) => AssertRefusedBelow(Megabyte, bytes, texts);

    public static void AssertRefusedBelow(long memoryLimit, byte[] bytes, params string[] texts)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() =>
        {
            using ArrayFile file = Open(bytes, "attack.dat", memoryLimit);
            foreach (StoredArray array in file) array.ToArray();
        });
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.StartsWith("attack.dat", error.Message, StringComparison.Ordinal);
        Assert.Contains("expected", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        foreach (string text in texts) Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, 4 * bytes.Length + 4 * Megabyte);
    }

    public static byte[] Npy(string header, byte[] data, byte major = 1, byte minor = 0, long? headerLength = null)
    {
        byte[] text = (major == 3 ? Encoding.UTF8 : Encoding.Latin1).GetBytes(header);
        byte[] length = new byte[major == 1 ? 2 : 4];
        if (major == 1) BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)(headerLength ?? text.Length));
        else BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)(headerLength ?? text.Length));
        return [0x93, .. "NUMPY"u8, major, minor, .. length, .. text, .. data];
    }

    public static byte[] Npy(string descr, string shape, byte[] data) =>
        Npy($"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n", data);

    public static byte[] Safetensors(string header, byte[] data, ulong? headerLength = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, headerLength ?? (ulong)json.Length);
        return [.. length, .. json, .. data];
    }

    public static byte[] Deflate(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var stream = new DeflateStream(compressed, CompressionLevel.Optimal)) stream.Write(bytes);
        return compressed.ToArray();
    }

    public static uint Crc(byte[] bytes) => Crc32.HashToUInt32(bytes);
}

/// <summary>A zip member whose every field can lie.</summary>
internal sealed record RawMember(string Name, byte[] Content)
{
    public bool Deflated { get; init; }
    public ushort Flags { get; init; }
    public ushort? Method { get; init; }
    public uint? Crc { get; init; }
    public long? Length { get; init; }
    public long? CompressedLength { get; init; }
    public long? HeaderOffset { get; init; }
    public string? LocalName { get; init; }
    public ushort? LocalMethod { get; init; }
    public bool Zip64 { get; init; }
    public bool DataDescriptor { get; init; }
}

/// <summary>Writes zip archives from <see cref="RawMember"/>s.</summary>
internal static class RawZip
{
    public static byte[] Write(params RawMember[] members) => Write(members, zip64End: false);

    public static byte[] Write(RawMember[] members, bool zip64End, int? count = null, long? directoryOffset = null, string comment = "")
    {
        using var stream = new MemoryStream();
        using var zip = new BinaryWriter(stream);
        using var directoryStream = new MemoryStream();
        using var directory = new BinaryWriter(directoryStream);
        foreach (RawMember member in members)
        {
            byte[] data = member.Deflated ? RawFiles.Deflate(member.Content) : member.Content;
            ushort method = member.Method ?? (ushort)(member.Deflated ? 8 : 0);
            ushort flags = (ushort)(member.Flags | (member.DataDescriptor ? 8 : 0));
            uint crc = member.Crc ?? RawFiles.Crc(member.Content);
            long length = member.Length ?? member.Content.Length, compressed = member.CompressedLength ?? data.Length;
            long header = member.HeaderOffset ?? stream.Position;

            byte[] localName = Encoding.UTF8.GetBytes(member.LocalName ?? member.Name);
            zip.Write(0x04034b50);
            zip.Write((ushort)20);
            zip.Write(flags);
            zip.Write(member.LocalMethod ?? method);
            zip.Write(0);
            zip.Write(member.DataDescriptor ? 0 : crc);
            zip.Write(member.DataDescriptor ? 0 : (uint)compressed);
            zip.Write(member.DataDescriptor ? 0 : (uint)length);
            zip.Write((ushort)localName.Length);
            zip.Write((ushort)0);
            zip.Write(localName);
            zip.Write(data);
            if (member.DataDescriptor)
            {
                zip.Write(0x08074b50);
                zip.Write(crc);
                zip.Write((uint)compressed);
                zip.Write((uint)length);
            }

            byte[] name = Encoding.UTF8.GetBytes(member.Name);
            directory.Write(0x02014b50);
            directory.Write((ushort)20);
            directory.Write((ushort)20);
            directory.Write(flags);
            directory.Write(method);
            directory.Write(0);
            directory.Write(crc);
            directory.Write(member.Zip64 ? uint.MaxValue : (uint)compressed);
            directory.Write(member.Zip64 ? uint.MaxValue : (uint)length);
            directory.Write((ushort)name.Length);
            directory.Write((ushort)(member.Zip64 ? 28 : 0));
            directory.Write((ushort)0);
            directory.Write((ushort)0);
            directory.Write((ushort)0);
            directory.Write(0);
            directory.Write(member.Zip64 ? uint.MaxValue : (uint)header);
            directory.Write(name);
            if (!member.Zip64) continue;
            directory.Write((ushort)1);
            directory.Write((ushort)24);
            directory.Write(length);
            directory.Write(compressed);
            directory.Write(header);
        }

        long offset = directoryOffset ?? stream.Position;
        zip.Write(directoryStream.ToArray());
        if (zip64End)
        {
            long end = stream.Position;
            zip.Write(0x06064b50);
            zip.Write(44L);
            zip.Write((ushort)45);
            zip.Write((ushort)45);
            zip.Write(0);
            zip.Write(0);
            zip.Write((long)(count ?? members.Length));
            zip.Write((long)(count ?? members.Length));
            zip.Write(directoryStream.Length);
            zip.Write(offset);
            zip.Write(0x07064b50);
            zip.Write(0);
            zip.Write(end);
            zip.Write(1);
        }
        zip.Write(0x06054b50);
        zip.Write(0);
        ushort shortCount = zip64End ? ushort.MaxValue : (ushort)(count ?? members.Length);
        zip.Write(shortCount);
        zip.Write(shortCount);
        zip.Write(zip64End ? uint.MaxValue : (uint)directoryStream.Length);
        zip.Write(zip64End ? uint.MaxValue : (uint)offset);
        byte[] commentBytes = Encoding.ASCII.GetBytes(comment);
        zip.Write((ushort)commentBytes.Length);
        zip.Write(commentBytes);
        return stream.ToArray();
    }
}
