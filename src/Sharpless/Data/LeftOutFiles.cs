namespace Sharpless.Data;

/// <summary>Says which files a reader passed over.</summary>
internal static class LeftOutFiles
{
    private const int Named = 5;

    /// <summary>A sentence for people; null where nothing was passed over.</summary>
    /// <param name="path">The folder or archive.</param>
    /// <param name="files">Names below it.</param>
    public static string? Describe(string path, IReadOnlyList<string> files)
    {
        if (files.Count == 0) return null;
        string names = string.Join(", ", files.Take(Named)) + (files.Count > Named ? $" and {files.Count - Named} more" : "");
        return $"{path}: {files.Count} {(files.Count == 1 ? "file is" : "files are")} left out, not being pictures in the place and of the kinds that are read: {names}.";
    }
}
