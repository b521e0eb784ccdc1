namespace Sharpless.Contrastive;

/// <summary>Where published models and captioned pictures are looked for: as they are named, else in the data folder.</summary>
internal static class PublishedFiles
{
    private const string Models = "models";

    /// <summary>A file or folder of a model.</summary>
    /// <param name="name">A path, or a name below <c>models/</c> of the data folder.</param>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="option">The option that names it, for the error.</param>
    /// <exception cref="UsageException">It is in neither place.</exception>
    internal static string Model(string name, string dataFolder, string option)
    {
        string there = Path.Combine(dataFolder, Models, name);
        foreach (string path in new[] { name, there })
        {
            if (File.Exists(path) || Directory.Exists(path)) return path;
        }

        throw new UsageException($"There is no '{name}' for {option}.", $"Put it at {there}, name a path, or train from drawn weights: {option} {ContrastiveOptions.Random}");
    }

    /// <summary>A name as it is, or absolute where it is the path of something that is there: it then means the same from any folder.</summary>
    internal static string WithFullPath(string name) => File.Exists(name) || Directory.Exists(name) ? Path.GetFullPath(name) : name;

    /// <summary>A folder of captioned pictures.</summary>
    internal static string Captions(string name, string dataFolder)
    {
        // A folder that was moved is looked for in the data folder by its last name.
        string there = Path.Combine(dataFolder, Path.IsPathRooted(name) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(name)) : name);
        return Directory.Exists(name) ? name : Directory.Exists(there) ? there : throw new UsageException(
            $"There are no captioned pictures '{name}'.", $"Put a folder in COCO's layout at {there}, name a path with --data, say with --data-dir where it is now, or get a small set: sharpless data get emoji-captions");
    }
}
