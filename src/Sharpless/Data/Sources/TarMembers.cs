using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Sharpless.Data.Sources;

/// <summary>Takes known files out of a tar archive. Anything else in it is passed over, so no name in an archive ever becomes a path.</summary>
internal static class TarMembers
{
    private const int MostMembers = 100_000;
    private const long MostBytes = 4L << 30;

    /// <summary>Unpacks known files and checks size and checksum of each. A member whose name ends in <c>.gz</c> is stored uncompressed.</summary>
    /// <param name="archive">A tar archive; read to its end.</param>
    /// <param name="known">The file that each member should be, by the member's name.</param>
    /// <param name="folder">Where the files are put, under <see cref="KnownFile.Name"/>.</param>
    /// <param name="cancel">Stops between blocks.</param>
    /// <exception cref="FailureException">The archive is damaged, lacks a member, or a member is not the known file.</exception>
    public static void Extract(Stream archive, IReadOnlyDictionary<string, KnownFile> known, string folder, CancellationToken cancel)
    {
        var missing = new HashSet<string>(known.Keys, StringComparer.Ordinal);
        try
        {
            using var reader = new TarReader(archive);
            long members = 0, bytes = 0;
            while (reader.GetNextEntry() is { } entry)
            {
                bytes += entry.Length;
                if (++members > MostMembers || bytes > MostBytes)
                    throw Damaged($"holds more than {MostMembers} members or {MostBytes} bytes");
                if (!known.TryGetValue(entry.Name, out KnownFile? file)) continue;
                if (!missing.Remove(entry.Name)) throw Damaged($"holds {entry.Name} twice");
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                    throw Damaged($"holds {entry.Name} as {entry.EntryType}; a regular file was expected");
                Extract(entry, file, Path.Combine(folder, file.Name), cancel);
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw Damaged($"cannot be read to its end ({error.Message})", error);
        }
        if (missing.Count > 0) throw Damaged($"lacks {string.Join(", ", missing.Order())}");
    }

    /// <summary>Reads members of a package whose checksum is known into memory. Links and folders are passed over.</summary>
    /// <param name="archive">A tar archive; read to its end.</param>
    /// <param name="wanted">Picks members by their names.</param>
    /// <param name="cancel">Stops between members.</param>
    /// <exception cref="FailureException">The archive is damaged.</exception>
    public static IReadOnlyDictionary<string, byte[]> Read(Stream archive, Predicate<string> wanted, CancellationToken cancel)
    {
        var content = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        try
        {
            using var reader = new TarReader(archive);
            while (reader.GetNextEntry() is { } entry)
            {
                cancel.ThrowIfCancellationRequested();
                if (!wanted(entry.Name) || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) continue;
                content[entry.Name] = new byte[entry.Length];
                entry.DataStream?.ReadExactly(content[entry.Name]);
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw Damaged($"cannot be read to its end ({error.Message})", error);
        }
        return content;
    }

    private static void Extract(TarEntry entry, KnownFile known, string path, CancellationToken cancel)
    {
        Stream data = entry.DataStream ?? Stream.Null;
        if (entry.Name.EndsWith(".gz", StringComparison.Ordinal)) data = new GZipStream(data, CompressionMode.Decompress);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        var block = new byte[1 << 16];
        long written = 0;
        int count;
        while ((count = data.Read(block)) > 0)
        {
            cancel.ThrowIfCancellationRequested();
            written += count;
            if (written > known.Bytes) throw Damaged($"holds {entry.Name} with more than the {known.Bytes} bytes of the known file");
            hash.AppendData(block, 0, count);
            file.Write(block, 0, count);
        }
        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (written != known.Bytes || found != known.Sha256)
            throw Damaged($"holds {entry.Name} with {written} bytes and SHA-256 {found}; the known file has {known.Bytes} bytes and {known.Sha256}");
        file.Flush(flushToDisk: true);
    }

    private static FailureException Damaged(string how, Exception? cause = null) =>
        new($"The package {how}.", "It may be damaged, or another version: fetch it again, and report it if this stays.", cause);
}
