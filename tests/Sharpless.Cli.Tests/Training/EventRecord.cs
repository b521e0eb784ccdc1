using System.Buffers.Binary;
using System.Text;

namespace Sharpless.Cli.Tests.Training;

/// <summary>One scalar of a TensorBoard event file, read by hand from the published format: no code is shared with the writer.</summary>
/// <param name="Step">Step it belongs to.</param>
/// <param name="Tag">Its name.</param>
/// <param name="Value">Its value.</param>
internal sealed record EventRecord(long Step, string Tag, float Value)
{
    /// <summary>Checks the framing, both checksums of each record and the version record, and returns the scalars in the order of the file.</summary>
    internal static IReadOnlyList<EventRecord> Read(string path)
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(path);
        List<EventRecord> scalars = [];
        for (bool isFirst = true; rest.Length > 0; isFirst = false)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(rest));
            Assert.Equal(MaskedCrc32C(rest[..8]), BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]));
            ReadOnlySpan<byte> content = rest.Slice(12, length);
            Assert.Equal(MaskedCrc32C(content), BinaryPrimitives.ReadUInt32LittleEndian(rest[(12 + length)..]));
            rest = rest[(16 + length)..];

            Dictionary<int, byte[]> fields = Fields(content);
            Assert.InRange(BinaryPrimitives.ReadDoubleLittleEndian(fields[1]), 1.6e9, 1e11);
            if (isFirst)
            {
                Assert.Equal("brain.Event:2", Encoding.UTF8.GetString(fields[3]));
                continue;
            }

            Dictionary<int, byte[]> value = Fields(Fields(fields[5])[1]);
            long step = fields.TryGetValue(2, out byte[]? varint) ? BinaryPrimitives.ReadInt64LittleEndian(varint) : 0;
            scalars.Add(new EventRecord(step, Encoding.UTF8.GetString(value[1]), BinaryPrimitives.ReadSingleLittleEndian(value[2])));
        }

        return scalars;
    }

    // Protocol buffers: key = number * 8 + kind; kind 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
    private static Dictionary<int, byte[]> Fields(ReadOnlySpan<byte> message)
    {
        var fields = new Dictionary<int, byte[]>();
        while (message.Length > 0)
        {
            int key = (int)Varint(ref message);
            byte[] value = (key & 7) switch
            {
                0 => BitConverter.GetBytes(Varint(ref message)),
                1 => Take(ref message, 8),
                2 => Take(ref message, (int)Varint(ref message)),
                5 => Take(ref message, 4),
                _ => throw new InvalidDataException($"Field of kind {key & 7}."),
            };
            fields.Add(key >> 3, value);
        }

        return fields;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Take(ref bytes, 1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }

    private static byte[] Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        byte[] taken = bytes[..count].ToArray();
        bytes = bytes[count..];
        return taken;
    }

    // CRC-32C bit by bit: polynomial 0x1EDC6F41, reflected; then TensorFlow's mask.
    private static uint MaskedCrc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8);
    }
}
