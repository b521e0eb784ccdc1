using Microsoft.Win32.SafeHandles;

namespace Sharpless.Torch.Files;

/// <summary>The files in a zip archive, read into memory one by one, by any number of threads.</summary>
public sealed class ZipFileReader : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly FileSource _source;
    private readonly FilePlace _file;
    private readonly long _memoryLimit;
    private readonly Dictionary<string, ZipMember> _members;

    private ZipFileReader(string path, SafeFileHandle handle, long memoryLimit)
    {
        (_handle, _source, _file, _memoryLimit) = (handle, new FileSource(path, handle), new FilePlace(path), memoryLimit);
        _members = ZipDirectory.Read(_source, _file, memoryLimit).ToDictionary(member => member.Name, StringComparer.Ordinal);
        Names = [.. _members.Keys];
    }

    /// <summary>Opens an archive and checks its directory.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="options">Limits; default <see cref="ArrayFileOptions"/>.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">No zip archive, damaged, encrypted, or with overlapping or repeated members.</exception>
    public static ZipFileReader Open(string path, ArrayFileOptions? options = null)
    {
        SafeFileHandle handle = InputFile.Open(path);
        try
        {
            return new ZipFileReader(path, handle, (options ?? new ArrayFileOptions()).MemoryLimit);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Names of all members with their folders, separated by <c>/</c>, in the order of the archive. They are names and no paths: nothing is unpacked.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The content of a member, verified against its checksum.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InvalidDataException">No such member, damage, or more than the memory limit.</exception>
    public byte[] Read(string name)
    {
        FilePlace place = _file with { Member = name };
        if (!_members.TryGetValue(name, out ZipMember? member)) throw place.Error(0, "no member of this name", "one that the archive lists", "Names are case-sensitive.");
        long most = Math.Min(_memoryLimit, Array.MaxLength);
        if (member.Length > most) throw place.Error(member.HeaderOffset, $"{member.Length} bytes", $"at most {most}, the memory limit", "Raise the memory limit.");
        var content = new ZipMemberSource(_source, member, place, new InflatedMembers(_memoryLimit));
        var bytes = new byte[member.Length];
        content.Read(0, bytes);
        return bytes;
    }

    /// <summary>Closes the archive.</summary>
    public void Dispose() => _handle.Dispose();
}
