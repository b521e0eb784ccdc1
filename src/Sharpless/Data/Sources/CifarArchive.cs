using System.Formats.Tar;
using System.IO.Compression;
using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>Reads the binary archives of CIFAR: tar in gzip, with files of records. The archives for Python hold pickles, which are programs; they are not read.</summary>
internal static class CifarArchive
{
    private const long MostBytes = 1L << 30;

    /// <summary>Reads files of an archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="members">Names of the files, with their folder.</param>
    /// <returns>The content of each, in the order of the names.</returns>
    /// <exception cref="UsageException">The archive is damaged or lacks one of the files.</exception>
    public static IReadOnlyList<byte[]> Read(string path, IReadOnlyList<string> members)
    {
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        try
        {
            using FileStream file = InputFile.OpenRead(path);
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            using var reader = new TarReader(unzipped);
            while (found.Count < members.Count && reader.GetNextEntry() is { } entry)
                if (members.Contains(entry.Name))
                    found[entry.Name] = Content(entry);
        }
        catch (Exception error) when (error is EndOfStreamException or InvalidDataException)
        {
            throw CifarRecords.Damaged(path, $"cannot be read as tar in gzip ({error.Message})", error);
        }
        string[] missing = [.. members.Where(member => !found.ContainsKey(member))];
        return missing.Length == 0 ? [.. members.Select(member => found[member])] : throw CifarRecords.Damaged(path, $"lacks {string.Join(", ", missing)}");
    }

    private static byte[] Content(TarEntry entry)
    {
        if (entry.Length > MostBytes) throw new InvalidDataException($"{entry.Name} has {entry.Length} bytes");
        var content = new byte[entry.Length];
        entry.DataStream?.ReadExactly(content);
        return content;
    }
}
