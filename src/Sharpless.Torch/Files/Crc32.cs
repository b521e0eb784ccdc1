using System.Buffers.Binary;

namespace Sharpless.Torch.Files;

/// <summary>CRC-32 as in zip and gzip: reflected polynomial EDB88320. Eight table look-ups take eight bytes at a time.</summary>
internal sealed class Crc32
{
    private const int Slices = 8;
    private static readonly uint[] Table = MakeTable();
    private uint _state = uint.MaxValue;

    /// <summary>CRC of everything appended so far.</summary>
    public uint Value => ~_state;

    /// <summary>Continues the CRC with more bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        uint[] t = Table;
        uint crc = _state;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = t[1792 + (byte)word] ^ t[1536 + (byte)(word >> 8)] ^ t[1280 + (byte)(word >> 16)] ^ t[1024 + (byte)(word >> 24)]
                ^ t[768 + (byte)(word >> 32)] ^ t[512 + (byte)(word >> 40)] ^ t[256 + (byte)(word >> 48)] ^ t[(byte)(word >> 56)];
        }
        foreach (byte b in bytes) crc = (crc >> 8) ^ t[(byte)(crc ^ b)];
        _state = crc;
    }

    // Entry [s, b] is the CRC of byte b followed by s zero bytes.
    private static uint[] MakeTable()
    {
        uint[] table = new uint[Slices * 256];
        for (uint b = 0; b < 256; b++)
        {
            uint crc = b;
            for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            table[b] = crc;
        }
        for (int i = 256; i < table.Length; i++) table[i] = (table[i - 256] >> 8) ^ table[(byte)table[i - 256]];
        return table;
    }
}
