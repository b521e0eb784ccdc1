namespace Sharpless.Data.Sources;

/// <summary>Puts a folder in place whole or not at all.</summary>
internal static class NewFolder
{
    /// <summary>Fills a folder aside and moves it to its place, over an older one.</summary>
    /// <param name="path">The place. What a killed process left behind beside it is removed.</param>
    /// <param name="isOwn">Tells the entries that an older folder of the same kind may hold.</param>
    /// <param name="fill">Fills the folder that it is given. If it throws, nothing has changed.</param>
    /// <exception cref="UsageException">The place holds something else.</exception>
    /// <exception cref="FailureException">Another process is filling the same folder.</exception>
    public static void Create(string path, Predicate<string> isOwn, Action<string> fill)
    {
        string? foreign = Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry)!).FirstOrDefault(name => !isOwn(name)) : null;
        if (foreign is not null) throw new UsageException($"The folder '{path}' holds '{foreign}', which is no part of this data set.", "Move it away: the folder is replaced as a whole. Or name another data folder with --data-dir.");
        string parent = Path.GetDirectoryName(path)!, name = Path.GetFileName(path);
        string aside = Path.Combine(parent, $".{name}.part"), old = Path.Combine(parent, $".{name}.old");
        Directory.CreateDirectory(parent);
        using FileStream locked = Lock(Path.Combine(parent, $".{name}.lock"));
        try
        {
            Remove(aside);
            Remove(old);
            Directory.CreateDirectory(aside);
            fill(aside);
            if (Directory.Exists(path)) Directory.Move(path, old);
            Directory.Move(aside, path);
        }
        finally
        {
            Remove(aside);
            Remove(old);
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new FailureException($"Another process is fetching into {Path.GetDirectoryName(path)} (it holds {Path.GetFileName(path)}).",
                "Wait until it is done, then try again.", error);
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
