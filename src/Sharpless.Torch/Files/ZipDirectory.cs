using System.Buffers.Binary;
using System.Text;

namespace Sharpless.Torch.Files;

/// <summary>Reads the central directory of a zip archive and checks it against the local headers.</summary>
/// <remarks>
/// System.IO.Compression's archive is not used for reading: it hides where a stored member lies, which is needed to read it in place,
/// and accepts overlapping members and two members of one name. Source: PKWARE's APPNOTE.TXT 6.3.
/// </remarks>
internal sealed class ZipDirectory
{
    private const uint LocalSignature = 0x04034b50, CentralSignature = 0x02014b50, EndSignature = 0x06054b50;
    private const uint Zip64EndSignature = 0x06064b50, Zip64LocatorSignature = 0x07064b50;
    private const int LocalSize = 30, CentralSize = 46, EndSize = 22, Zip64EndSize = 56, Zip64LocatorSize = 20;
    private const int LongestDirectory = 100_000_000;
    private const ushort Encrypted = 1 | 1 << 6 | 1 << 13;
    private const string Rewrite = "The file is damaged; write it again, or fetch it again.";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ByteSource _source;
    private readonly FilePlace _file;

    private ZipDirectory(ByteSource source, FilePlace file) => (_source, _file) = (source, file);

    /// <summary>Reads all members, in the order of the directory.</summary>
    /// <exception cref="InvalidDataException">Damaged, encrypted, split, compressed otherwise than by deflate, or with overlapping or repeated members.</exception>
    public static List<ZipMember> Read(ByteSource source, FilePlace file, long memoryLimit) =>
        new ZipDirectory(source, file).Read(memoryLimit);

    private List<ZipMember> Read(long memoryLimit)
    {
        (long count, long size, long offset) = FindDirectory();
        if (size > Math.Min(LongestDirectory, memoryLimit) || count > size / CentralSize)
            throw _file.Error(offset, $"a directory of {count} members in {size} bytes", $"at most {Math.Min(LongestDirectory, memoryLimit)} bytes, {CentralSize} or more a member", Rewrite);

        byte[] directory = new byte[size];
        _source.Read(offset, directory);
        var members = new List<ZipMember>((int)count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        int position = 0;
        for (long i = 0; i < count; i++)
        {
            long at = offset + position;
            ZipMember member = ReadMember(directory, ref position, offset);
            if (!names.Add(member.Name)) throw _file.Error(at, $"two members named {FilePlace.Quote(member.Name)}", "each name once", Rewrite);
            members.Add(member);
        }
        if (position != size) throw _file.Error(offset + position, $"{size - position} more bytes in the directory", $"its end after {count} members", Rewrite);
        CheckOverlap(members);
        return members;
    }

    // The end record stands at the very end, before a comment of up to 65,535 bytes.
    private (long Count, long Size, long Offset) FindDirectory()
    {
        int tailLength = (int)Math.Min(_source.Length, EndSize + ushort.MaxValue);
        byte[] tail = new byte[tailLength];
        _source.Read(_source.Length - tailLength, tail);
        for (int i = tailLength - EndSize; i >= 0; i--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(i);
            if (UInt32(end) != EndSignature || UInt16(end[20..]) != end.Length - EndSize) continue;
            return ReadEnd(end, _source.Length - tailLength + i);
        }
        Span<byte> start = stackalloc byte[2];
        if (_source.Length >= start.Length) _source.Read(0, start);
        if (!start.SequenceEqual("PK"u8) && ForeignContent.Refusal(_source, _file, "a zip archive") is { } refusal) throw refusal;
        throw _file.Error(_source.Length, "a zip archive without its directory", "the end record in the last 65,557 bytes", "The file is cut off; write it again.");
    }

    private (long Count, long Size, long Offset) ReadEnd(ReadOnlySpan<byte> end, long at)
    {
        if (UInt16(end[4..]) != 0 || UInt16(end[6..]) != 0 || UInt16(end[8..]) != UInt16(end[10..]))
            throw _file.Error(at, "one part of a split archive", "an archive in one file", "Join the parts first.");
        (long count, long size, long offset) = (UInt16(end[10..]), UInt32(end[12..]), UInt32(end[16..]));
        long directoryEnd = at;

        // A zip64 locator in front takes precedence, whether or not the fields here are all ones (PyTorch always writes it).
        Span<byte> locator = stackalloc byte[Zip64LocatorSize];
        if (at >= Zip64LocatorSize) _source.Read(at - Zip64LocatorSize, locator);
        if (UInt32(locator) == Zip64LocatorSignature)
        {
            directoryEnd = Int64(locator[8..], at);
            if (directoryEnd > at - Zip64LocatorSize - Zip64EndSize)
                throw _file.Error(at, $"a zip64 record at {directoryEnd}", "one before its locator", Rewrite);
            Span<byte> record = stackalloc byte[Zip64EndSize];
            _source.Read(directoryEnd, record);
            if (UInt32(record) != Zip64EndSignature || UInt32(record[16..]) != 0 || UInt32(record[20..]) != 0
                || directoryEnd + 12 + Int64(record[4..], at) != at - Zip64LocatorSize)
                throw _file.Error(directoryEnd, "another record", "the zip64 end record", Rewrite);
            (long count64, long size64, long offset64) = (Int64(record[32..], at), Int64(record[40..], at), Int64(record[48..], at));
            if ((count != ushort.MaxValue && count != count64) || (size != uint.MaxValue && size != size64) || (offset != uint.MaxValue && offset != offset64))
                throw _file.Error(directoryEnd, "a zip64 end record that contradicts the end record", "the same directory", Rewrite);
            (count, size, offset) = (count64, size64, offset64);
        }
        if (offset > directoryEnd || size != directoryEnd - offset)
            throw _file.Error(at, $"a directory of {size} bytes at {offset}", $"one that ends at {directoryEnd}", Rewrite);
        return (count, size, offset);
    }

    private ZipMember ReadMember(byte[] directory, ref int position, long directoryOffset)
    {
        long at = directoryOffset + position;
        ReadOnlySpan<byte> entry = directory.AsSpan(position);
        if (entry.Length < CentralSize || UInt32(entry) != CentralSignature)
            throw _file.Error(at, "another record", "a member of the zip directory", Rewrite);
        int nameLength = UInt16(entry[28..]), extraLength = UInt16(entry[30..]), commentLength = UInt16(entry[32..]);
        int entryLength = CentralSize + nameLength + extraLength + commentLength;
        if (entry.Length < entryLength) throw _file.Error(at, "a member that runs out of the directory", $"{entryLength} bytes", Rewrite);
        position += entryLength;

        ReadOnlySpan<byte> nameBytes = entry.Slice(CentralSize, nameLength);
        string name = Decode(nameBytes, at);
        FilePlace place = _file with { Member = name };
        ushort flags = UInt16(entry[8..]), method = UInt16(entry[10..]);
        if ((flags & Encrypted) != 0) throw place.Error(at, "an encrypted member", "a plain one", "Decrypt the archive first.");
        if (method is not (0 or 8)) throw place.Error(at, $"compression method {method}", "0 (stored) or 8 (deflate)", "Write it again in one of these two ways, as numpy.savez does.");

        (long length, long compressed, long header) = (UInt32(entry[24..]), UInt32(entry[20..]), UInt32(entry[42..]));
        ReadZip64(entry.Slice(CentralSize + nameLength, extraLength), ref length, ref compressed, ref header, place, at);
        if (method == 0 && compressed != length)
            throw place.Error(at, $"a stored member of {compressed} bytes that claims {length}", "equal sizes", Rewrite);
        if (method == 8 && length / Deflate.GreatestRatio > compressed)
            throw place.Error(at, $"{compressed} compressed bytes that claim to hold {length}", $"at most {Deflate.GreatestRatio} times as many", Rewrite);

        long data = ReadLocalHeader(header, nameBytes, flags, method, place, directoryOffset);
        if (compressed > directoryOffset - data)
            throw place.Error(header, $"{compressed} bytes of data", $"at most {directoryOffset - data} before the directory", "The file is damaged or cut off; write it again.");
        return new ZipMember(name, method == 8, UInt32(entry[16..]), compressed, length, header, data);
    }

    // Sizes beyond 4 GB stand in extra field 1, those of them that are all ones in the entry itself, in this order.
    private void ReadZip64(ReadOnlySpan<byte> extra, ref long length, ref long compressed, ref long header, FilePlace place, long at)
    {
        while (extra.Length >= 4)
        {
            int id = UInt16(extra), size = UInt16(extra[2..]);
            if (size > extra.Length - 4) throw place.Error(at, "an extra field that runs out of its member", $"{size} bytes", Rewrite);
            ReadOnlySpan<byte> field = extra.Slice(4, size);
            if (id == 1)
            {
                Take(ref length, ref field);
                Take(ref compressed, ref field);
                Take(ref header, ref field);
                return;
            }
            extra = extra[(4 + size)..];
        }

        void Take(ref long value, ref ReadOnlySpan<byte> field)
        {
            if (value != uint.MaxValue) return;
            if (field.Length < 8) throw place.Error(at, "a zip64 field without the size it stands for", "8 bytes", Rewrite);
            value = Int64(field, at);
            field = field[8..];
        }
    }

    // The local header repeats the directory's entry. If they differ, two programs would see two different archives.
    private long ReadLocalHeader(long offset, ReadOnlySpan<byte> name, ushort flags, ushort method, FilePlace place, long directoryOffset)
    {
        Span<byte> local = stackalloc byte[LocalSize];
        if (offset > directoryOffset - LocalSize - name.Length)
            throw place.Error(offset, "a member that begins behind the directory", $"one before {directoryOffset}", Rewrite);
        _source.Read(offset, local);
        int nameLength = UInt16(local[26..]), extraLength = UInt16(local[28..]);
        if (UInt32(local) != LocalSignature || nameLength != name.Length || UInt16(local[8..]) != method
            || ((UInt16(local[6..]) ^ flags) & Encrypted) != 0)
            throw place.Error(offset, "a local header that contradicts the directory", "the same name, method and flags", Rewrite);
        byte[] localName = new byte[nameLength];
        _source.Read(offset + LocalSize, localName);
        if (!name.SequenceEqual(localName)) throw place.Error(offset, "a local header with another name", "the directory's name", Rewrite);
        return offset + LocalSize + nameLength + extraLength;
    }

    // Overlapping members let a small archive unpack to any size (D. Fifield, "A better zip bomb", 2019).
    private void CheckOverlap(List<ZipMember> members)
    {
        long end = 0;
        foreach (ZipMember member in members.OrderBy(m => m.HeaderOffset))
        {
            if (member.HeaderOffset < end)
                throw (_file with { Member = member.Name }).Error(member.HeaderOffset, "a member inside another one", $"one that begins at {end} or later", Rewrite);
            end = member.DataOffset + member.CompressedLength;
        }
    }

    private string Decode(ReadOnlySpan<byte> name, long at)
    {
        try
        {
            return Utf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            throw _file.Error(at, $"the member name {Convert.ToHexString(name[..Math.Min(name.Length, 32)])}", "UTF-8", "Rename it when writing the archive.");
        }
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint UInt32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private long Int64(ReadOnlySpan<byte> bytes, long at)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        // Half the range leaves room for adding a few lengths.
        return value <= long.MaxValue / 2 ? (long)value : throw _file.Error(at, $"a zip64 size of {value}", $"at most {long.MaxValue / 2}", Rewrite);
    }
}
