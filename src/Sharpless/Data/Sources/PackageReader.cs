namespace Sharpless.Data.Sources;

/// <summary>Fetches packages one by one and reads members of them into memory; each download is removed once it is read.</summary>
/// <param name="folder">For the downloads.</param>
/// <param name="progress">Told what is being fetched.</param>
/// <param name="cancel">Stops.</param>
internal sealed class PackageReader(string folder, IProgress<string>? progress, CancellationToken cancel)
{
    /// <summary>Fetches a package.</summary>
    /// <param name="package">The package.</param>
    /// <param name="wanted">Picks members by their names.</param>
    /// <returns>Their content, by name.</returns>
    /// <exception cref="FailureException">It could not be fetched, or is not the known one.</exception>
    public IReadOnlyDictionary<string, byte[]> Read(Package package, Predicate<string> wanted)
    {
        progress?.Report($"fetching the {package.Title}");
        string download = Directory.CreateDirectory(Path.Combine(folder, "download")).FullName;
        try
        {
            using Stream archive = package.Fetch(download, cancel);
            return TarMembers.Read(archive, wanted, cancel);
        }
        finally
        {
            Directory.Delete(download, recursive: true);
        }
    }

    /// <summary>A member that must be there.</summary>
    /// <exception cref="FailureException">It is not.</exception>
    public static byte[] Member(IReadOnlyDictionary<string, byte[]> members, string name, Package package) =>
        members.GetValueOrDefault(name) ?? throw new FailureException($"The {package.Title} lacks {name}.", "It may be another version: report it if this stays.");
}
