using System.IO.Enumeration;
using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>Files in folders: on disk, or in a zip archive. Any number of threads may read at once.</summary>
internal abstract class FileTree : IDisposable
{
    // Deeper than any layout that is read here.
    private const int DeepestFolder = 8;

    // What the desktops of this world leave in folders; no one misses it.
    private static readonly string[] Litter = ["Thumbs.db", "desktop.ini"];

    /// <summary>Where it lies, for messages.</summary>
    public abstract string Path { get; }

    /// <summary>Names of all files with their folders, separated by <c>/</c>, in ordinal order; without <see cref="Hidden"/>.</summary>
    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>Files whose name, or that of a folder above them, begins with a dot, in ordinal order.</summary>
    public IReadOnlyList<string> Hidden { get; private init; } = [];

    /// <summary>Names of all folders that are not hidden, in ordinal order.</summary>
    public IReadOnlyList<string> Folders { get; private init; } = [];

    /// <summary>Folders that are not looked into, because they lie too deep or are links that lead back to a folder above them.</summary>
    public IReadOnlyList<string> Unread { get; private init; } = [];

    /// <summary>The content of a file.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public abstract byte[] Read(string name);

    /// <summary>The files in a folder.</summary>
    /// <exception cref="UsageException">The name of a picture or folder is not UTF-8.</exception>
    public static FileTree OfFolder(string path)
    {
        List<(string Name, bool IsFolder)> entries = [.. Walk(path)];
        foreach ((string name, bool isFolder) in entries) RequireReadableName(path, name, isFolder);
        List<string> files = [.. entries.Where(entry => !entry.IsFolder).Select(entry => entry.Name)];
        List<string> folders = [.. entries.Where(entry => entry.IsFolder).Select(entry => entry.Name)];
        return new FolderTree(path)
        {
            Names = Ordered(files.Where(name => !IsHidden(name))),
            Hidden = Ordered(files.Where(IsHidden)),
            Folders = Ordered(folders.Where(name => !IsHidden(name))),
            Unread = Ordered(folders.Where(name => Depth(name) > DeepestFolder || LeadsUpwards(System.IO.Path.Combine(path, name)))),
        };
    }

    /// <summary>The files in a zip archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="top">A folder at the top of the archive, as <c>name/</c>: the names begin below it, what lies beside it is left out.</param>
    public static FileTree OfZip(string path, string top)
    {
        ZipFileReader archive = ZipFileReader.Open(path);
        List<string> names = [.. archive.Names.Where(name => name.StartsWith(top, StringComparison.Ordinal) && name.Length > top.Length).Select(name => name[top.Length..])];
        List<string> files = [.. names.Where(name => !name.EndsWith('/'))];
        return new ZipTree(path, top, archive)
        {
            Names = Ordered(files.Where(name => !IsHidden(name))),
            Hidden = Ordered(files.Where(IsHidden)),
            Folders = Ordered(names.Where(name => name.EndsWith('/') && !IsHidden(name)).Select(name => name.TrimEnd('/'))),
        };
    }

    /// <summary>
    /// What a reader of pictures passes over: every file that it did not read, but hidden ones that are no pictures and what desktops leave behind; and
    /// folders that were not looked into.
    /// </summary>
    /// <param name="read">Names of files that it read, or that belong to the layout.</param>
    /// <param name="isPicture">Whether a name is that of a picture.</param>
    public IReadOnlyList<string> LeftOut(IEnumerable<string> read, Func<string, bool> isPicture)
    {
        var known = new HashSet<string>(read, StringComparer.Ordinal);
        return
        [
            .. Ordered(Names.Where(name => !known.Contains(name) && !Litter.Contains(name[(name.LastIndexOf('/') + 1)..])).Concat(Hidden.Where(isPicture))),
            .. Unread.Select(name => name + "/"),
        ];
    }

    public abstract void Dispose();

    private static string[] Ordered(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];

    private static bool IsHidden(string name) => name.StartsWith('.') || name.Contains("/.", StringComparison.Ordinal);

    private static int Depth(string name) => name.Count(c => c == '/') + 1;

    private static FileSystemEnumerable<(string Name, bool IsFolder)> Walk(string path)
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true, MaxRecursionDepth = DeepestFolder, IgnoreInaccessible = false, AttributesToSkip = 0,
        };
        return new FileSystemEnumerable<(string, bool)>(path, (ref entry) => (Relative(path, entry.ToFullPath()), entry.IsDirectory), options)
        {
            ShouldRecursePredicate = (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) || !LeadsUpwards(entry.ToFullPath()),
        };
    }

    private static string Relative(string path, string full) =>
        System.IO.Path.GetRelativePath(System.IO.Path.GetFullPath(path), full).Replace(System.IO.Path.DirectorySeparatorChar, '/');

    // Every picture below such a link would be read once more at each turn.
    private static bool LeadsUpwards(string folder)
    {
        string full = System.IO.Path.GetFullPath(folder);
        return new DirectoryInfo(full).ResolveLinkTarget(returnFinalTarget: true) is { } target
            && (full + "/").StartsWith(target.FullName.TrimEnd('/') + "/", StringComparison.Ordinal);
    }

    // Where bytes are not UTF-8, .NET shows a replacement character, under which the system knows no file.
    private static void RequireReadableName(string path, string name, bool isFolder)
    {
        if (!name.Contains('\uFFFD', StringComparison.Ordinal) || !(isFolder || PictureSet.IsPicture(name))) return;
        string full = System.IO.Path.Combine(path, name);
        if (isFolder ? Directory.Exists(full) : File.Exists(full)) return;
        throw new UsageException(
            $"The name of the {(isFolder ? "folder" : "file")} '{full}' is not UTF-8, so it cannot be opened.",
            $"Rename such files, for example with: convmv -f latin1 -t utf-8 -r --notest {path}");
    }

    private sealed class FolderTree(string path) : FileTree
    {
        public override string Path => path;

        public override byte[] Read(string name) => InputFile.ReadAllBytes(System.IO.Path.Combine(path, name));

        public override void Dispose() { }
    }

    private sealed class ZipTree(string path, string top, ZipFileReader archive) : FileTree
    {
        public override string Path => path;

        public override byte[] Read(string name) => archive.Read(top + name);

        public override void Dispose() => archive.Dispose();
    }
}
