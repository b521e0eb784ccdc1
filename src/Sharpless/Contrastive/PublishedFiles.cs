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

    /// <summary>A folder of captioned pictures.</summary>
    internal static string Captions(string name, string dataFolder)
    {
        string there = Path.Combine(dataFolder, name);
        return Directory.Exists(name) ? name : Directory.Exists(there) ? there : throw new UsageException(
            $"There are no captioned pictures '{name}'.", $"Put a folder in COCO's layout at {there}, name a path with --data, or get a small set: sharpless data get emoji-captions");
    }
}
