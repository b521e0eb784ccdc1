using System.Buffers.Binary;
using System.Text;

namespace Sharpless.Kernels;

/// <summary>
/// The versions that a shared library needs of other libraries: section <c>.gnu.version_r</c> of a 64-bit ELF file.
/// </summary>
/// <remarks>
/// The loader refuses a file whose needed version is absent, whether or not a symbol of that version is used. It only
/// warns where the need bears the flag VER_FLG_WEAK (Linux Standard Base, "Symbol Versioning").
/// </remarks>
internal static class VersionNeed
{
    private const uint NeedSection = 0x6ffffffe; // SHT_GNU_verneed
    private const byte WeakFlag = 2; // VER_FLG_WEAK

    /// <summary>Marks every need of a version as weak.</summary>
    /// <param name="library">The whole file; changed in place.</param>
    /// <param name="version">Such as <c>GLIBCXX_3.4.32</c>.</param>
    /// <returns>Whether the file needs that version.</returns>
    /// <exception cref="InvalidDataException">Not a little-endian 64-bit ELF file, or one that is cut off.</exception>
    internal static bool Weaken(Span<byte> library, string version)
    {
        try
        {
            return WeakenUnchecked(library, version);
        }
        catch (Exception error)
            when (error is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException(
                "The library is cut off: a table of its ELF file lies beyond its end.",
                error
            );
        }
    }

    private static bool WeakenUnchecked(Span<byte> file, string version)
    {
        if (!file.StartsWith("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException("The library is not a little-endian 64-bit ELF file.");
        long sections = Long(file, 40);
        int entrySize = Short(file, 58),
            entries = Short(file, 60);
        bool found = false;
        for (int i = 0; i < entries; i++)
        {
            long section = sections + ((long)i * entrySize);
            if (Int(file, section + 4) != NeedSection)
                continue;
            long names = Long(file, sections + ((long)Int(file, section + 40) * entrySize) + 24),
                need = Long(file, section + 24);
            for (uint nextNeed = 1; nextNeed != 0; need += nextNeed)
            {
                long item = need + Int(file, need + 8);
                for (int left = Short(file, need + 2); left > 0; left--, item += Int(file, item + 12))
                {
                    if (Name(file, names + Int(file, item + 8)) != version)
                        continue;
                    file[checked((int)item + 4)] |= WeakFlag;
                    found = true;
                }

                nextNeed = Int(file, need + 12);
            }
        }

        return found;
    }

    private static string Name(Span<byte> file, long offset)
    {
        Span<byte> rest = file[checked((int)offset)..];
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private static long Long(Span<byte> file, long offset) =>
        BinaryPrimitives.ReadInt64LittleEndian(file[checked((int)offset)..]);

    private static uint Int(Span<byte> file, long offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(file[checked((int)offset)..]);

    private static ushort Short(Span<byte> file, long offset) =>
        BinaryPrimitives.ReadUInt16LittleEndian(file[checked((int)offset)..]);
}
