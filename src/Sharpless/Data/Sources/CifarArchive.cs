using System.Formats.Tar;
using System.IO.Compression;

namespace Sharpless.Data.Sources;

/// <summary>
/// Reads the binary archives of CIFAR: tar in gzip, with files of records. A record is one or two label bytes, then the red, green and blue
/// plane of a 32x32 picture. The archives for Python hold pickles, which are programs; they are not read.
/// </summary>
/// <param name="Path">The archive.</param>
/// <param name="LabelBytes">Label bytes at the head of a record; the last of them is the class.</param>
/// <param name="Classes">K.</param>
internal sealed record CifarArchive(string Path, int LabelBytes, int Classes)
{
    private const long MostBytes = 1L << 30;

    /// <summary>Shape of every picture.</summary>
    public static ImageShape Shape { get; } = new(3, 32, 32);

    private int RecordSize => LabelBytes + Shape.Size;

    /// <summary>Reads files of the archive.</summary>
    /// <param name="members">Names of the files, with their folder.</param>
    /// <returns>The content of each, in the order of the names.</returns>
    /// <exception cref="UsageException">The archive is damaged or lacks one of the files, or one of them is no whole number of records.</exception>
    public IReadOnlyList<byte[]> Read(IReadOnlyList<string> members)
    {
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        try
        {
            using FileStream file = File.OpenRead(Path);
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            using var reader = new TarReader(unzipped);
            while (found.Count < members.Count && reader.GetNextEntry() is { } entry)
                if (members.Contains(entry.Name))
                    found[entry.Name] = Content(entry);
        }
        catch (Exception error) when (error is EndOfStreamException or InvalidDataException)
        {
            throw Damaged($"cannot be read as tar in gzip ({error.Message})", error);
        }
        string[] missing = [.. members.Where(member => !found.ContainsKey(member))];
        return missing.Length == 0 ? [.. members.Select(member => found[member])] : throw Damaged($"lacks {string.Join(", ", missing)}");
    }

    /// <summary>Makes a set of records.</summary>
    /// <param name="files">Files of records; their examples follow each other.</param>
    /// <param name="normalization">As for <see cref="ImageSet"/>.</param>
    /// <exception cref="UsageException">A label is not one of the classes.</exception>
    public ImageSet ToSet(IReadOnlyList<byte[]> files, Normalization normalization)
    {
        int count = files.Sum(file => file.Length / RecordSize), example = 0;
        var labels = new int[count];
        var planes = new byte[count * Shape.Size];
        foreach (byte[] file in files)
            for (int start = 0; start < file.Length; start += RecordSize, example++)
            {
                labels[example] = file[start + LabelBytes - 1];
                if (labels[example] >= Classes) throw Damaged($"gives example {example} the label {labels[example]}; classes run from 0 to {Classes - 1}");
                file.AsSpan(start + LabelBytes, Shape.Size).CopyTo(planes.AsSpan(example * Shape.Size));
            }
        return new ImageSet(Shape, ImageSet.FromPlanes(planes, Shape), labels, Classes, normalization);
    }

    private byte[] Content(TarEntry entry)
    {
        if (entry.Length is 0 or > MostBytes || entry.Length % RecordSize != 0 || entry.DataStream is not { } data)
            throw Damaged($"holds {entry.Name} with {entry.Length} bytes; expected a whole number of records of {RecordSize} bytes");
        var content = new byte[entry.Length];
        data.ReadExactly(content);
        return content;
    }

    private UsageException Damaged(string how, Exception? cause = null) => new($"{Path} {how}.", "It may be damaged or another archive: compare it with the published one (sharpless data verify), or fetch it again.", cause);
}
