namespace Sharpless.Data.Sources;

/// <summary>The folders that hold the parts of a data set, by the names that are in use for them, in capital letters or small ones.</summary>
internal static class SplitFolder
{
    /// <summary>What is trained on.</summary>
    public const string Train = "train";

    /// <summary>What is tested on.</summary>
    public const string Test = "test";

    /// <summary>What is chosen by.</summary>
    public const string Validation = "val";

    /// <summary>The part that a name means: <see cref="Train"/>, <see cref="Test"/> or <see cref="Validation"/>; null for another name.</summary>
    public static string? PartOf(string name) => name.ToLowerInvariant() switch
    {
        "train" or "training" => Train,
        "test" or "testing" => Test,
        "val" or "valid" or "validation" => Validation,
        _ => null,
    };

    /// <summary>The folders of the parts that are there.</summary>
    /// <param name="path">Where they are, for messages.</param>
    /// <param name="folders">Names of folders; those of no part are passed over.</param>
    /// <returns>Name of the folder by part.</returns>
    /// <exception cref="UsageException">Two folders are one part.</exception>
    public static IReadOnlyDictionary<string, string> Find(string path, IEnumerable<string> folders)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string folder in folders.Order(StringComparer.Ordinal))
        {
            if (PartOf(folder) is not { } part || found.TryAdd(part, folder)) continue;
            throw new UsageException($"{path} has two folders of one part: {found[part]} and {folder}.", "Put their pictures into one, or move one of them away.");
        }

        return found;
    }
}
