using System.IO.Compression;

namespace Sharpless.Torch.Files;

/// <summary>Writes npz files: zip archives of npy arrays, as numpy.savez does. <see cref="ArrayFile"/> reads them.</summary>
public static class NpzFile
{
    private const string Ending = ".npy", NoArray = "a member that is not an array";

    // The earliest time that zip can say. The bytes of a file depend on its arrays alone.
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes arrays in the given order. The file appears whole or not at all.</summary>
    /// <param name="path">Conventionally ends in .npz.</param>
    /// <param name="arrays">Their names become the keys.</param>
    /// <param name="compress">Deflate the members. Such arrays cannot be read in place and must fit into memory.</param>
    /// <param name="comment">A text at the end of the file, which readers pass over.</param>
    /// <exception cref="ArgumentException">A name twice, bfloat16, or data of another size than shape and type say.</exception>
    public static void Write(string path, IReadOnlyList<ArrayEntry> arrays, bool compress = false, string comment = "") =>
        AtomicFile.Write(path, stream => Write(stream, arrays, compress, comment));

    /// <inheritdoc cref="Write(string, IReadOnlyList{ArrayEntry}, bool, string)"/>
    public static void Write(Stream stream, IReadOnlyList<ArrayEntry> arrays, bool compress = false, string comment = "")
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        if (comment.Length > 0) archive.Comment = comment;
        foreach (ArrayEntry array in arrays)
        {
            if (!names.Add(array.Name)) throw new ArgumentException($"Two arrays are named {FilePlace.Quote(array.Name)}; names must differ.", nameof(arrays));
            ZipArchiveEntry member = archive.CreateEntry(array.Name + Ending, compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
            member.LastWriteTime = NoTime;
            using Stream data = member.Open();
            NpyFile.Write(data, array);
        }
    }

    /// <summary>Opens the bytes of an npz file.</summary>
    internal static List<StoredArray> Open(ByteSource source, FilePlace file, long memoryLimit)
    {
        List<ZipMember> members = ZipDirectory.Read(source, file, memoryLimit);
        if (members.Count > 0 && !members.Exists(IsArray))
        {
            if (members.Find(IsPickle) is { } pickle) throw ArrayFileFormats.Pickle(file with { Member = pickle.Name }, pickle.HeaderOffset);
            throw (file with { Member = members[0].Name }).Error(members[0].HeaderOffset, NoArray, "members that end in .npy", "Write the file with numpy.savez.");
        }

        members.RemoveAll(member => member.Name.EndsWith('/'));            // folders
        var inflated = new InflatedMembers(memoryLimit);
        List<StoredArray> arrays = members.ConvertAll(member => OpenMember(source, file with { Member = member.Name }, member, memoryLimit, inflated));
        if (arrays.GroupBy(array => array.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
            throw file.Error(0, $"two members for the name {FilePlace.Quote(twice.Key)}", "each name once", "Write the file again with numpy.savez.");
        return arrays;
    }

    private static bool IsArray(ZipMember member) => member.Name.EndsWith(Ending, StringComparison.Ordinal);

    private static bool IsPickle(ZipMember member) => member.Name.EndsWith(".pkl", StringComparison.OrdinalIgnoreCase);

    private static StoredArray OpenMember(ByteSource archive, FilePlace place, ZipMember member, long memoryLimit, InflatedMembers inflated)
    {
        var source = new ZipMemberSource(archive, member, place, inflated);
        if (!IsArray(member)) return Foreign(IsPickle(member) ? "a pickle, which could run code and is never executed" : NoArray, member.Name);
        if (member.Length > memoryLimit)
            throw place.Error(member.HeaderOffset, $"a member of {member.Length} bytes", $"at most {memoryLimit}, the memory limit", "Raise the memory limit, or save the array as .npy.");

        byte[] start = source.ReadFront(NpyHeader.LongestText + 12);
        string name = member.Name[..^Ending.Length];
        // What archivers add (__MACOSX/._a.npy) has the ending of an array and nothing else of it.
        if (member.Length > 0 && !start.AsSpan().StartsWith(NpyHeader.Magic[..Math.Min(start.Length, NpyHeader.Magic.Length)])) return Foreign(NoArray, name);
        using var front = new MemoryStream(start);
        NpyHeader header = NpyHeader.Read(front, member.Length, place);
        return new StoredArray(place, name, header.Format, header.FortranOrder, header.Shape, source, header.Length, memoryLimit, header.Foreign);

        StoredArray Foreign(string what, string name) => new(
            place, name, new ElementFormat(ElementKind.UInt8), false, [member.Length], source, 0, memoryLimit,
            new ForeignType(what, place.Error(member.HeaderOffset, what, "an array as numpy.save writes it", "Write the file with numpy.savez.").Message));
    }
}
