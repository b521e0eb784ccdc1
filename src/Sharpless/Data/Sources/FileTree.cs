using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>Files in folders: on disk, or in a zip archive. Any number of threads may read at once.</summary>
internal abstract class FileTree : IDisposable
{
    // Deeper than any layout that is read here; a link that leads back upwards ends at it.
    private const int DeepestFolder = 8;

    /// <summary>Where it lies, for messages.</summary>
    public abstract string Path { get; }

    /// <summary>Names of all files with their folders, separated by <c>/</c>, in ordinal order. Hidden files (.name) are left out.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>The content of a file.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public abstract byte[] Read(string name);

    /// <summary>The files in a folder.</summary>
    public static FileTree OfFolder(string path) => new FolderTree(path);

    /// <summary>The files in a zip archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="top">A folder at the top of the archive, as <c>name/</c>: the names begin below it, what lies beside it is left out.</param>
    public static FileTree OfZip(string path, string top) => new ZipTree(path, top);

    public abstract void Dispose();

    private static string[] Visible(IEnumerable<string> names) =>
        [.. names.Where(name => !name.Split('/').Any(part => part.StartsWith('.'))).Order(StringComparer.Ordinal)];

    private sealed class FolderTree(string path) : FileTree
    {
        public override string Path => path;

        public override IReadOnlyList<string> Names { get; } = Visible(Directory
            .EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = DeepestFolder, IgnoreInaccessible = false })
            .Select(file => System.IO.Path.GetRelativePath(path, file).Replace(System.IO.Path.DirectorySeparatorChar, '/')));

        public override byte[] Read(string name) => File.ReadAllBytes(System.IO.Path.Combine(path, name));

        public override void Dispose() { }
    }

    private sealed class ZipTree : FileTree
    {
        private readonly ZipFileReader _archive;
        private readonly string _top;

        public ZipTree(string path, string top)
        {
            (Path, _top, _archive) = (path, top, ZipFileReader.Open(path));
            Names = Visible(_archive.Names.Where(name => name.StartsWith(top, StringComparison.Ordinal) && !name.EndsWith('/')).Select(name => name[top.Length..]));
        }

        public override string Path { get; }

        public override IReadOnlyList<string> Names { get; }

        public override byte[] Read(string name) => _archive.Read(_top + name);

        public override void Dispose() => _archive.Dispose();
    }
}
