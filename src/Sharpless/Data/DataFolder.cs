namespace Sharpless.Data;

/// <summary>The folder in which data sets are looked for and put.</summary>
public static class DataFolder
{
    /// <summary>Environment variable that names the folder.</summary>
    public const string Variable = "SHARPLESS_DATA";

    /// <summary>
    /// The folder given; else the one in <see cref="Variable"/>; else <c>sharpless</c> in the user's data folder (XDG_DATA_HOME,
    /// commonly <c>~/.local/share</c>).
    /// </summary>
    /// <param name="given">As on the command line (<c>--data-dir</c>); null or empty if not given.</param>
    /// <returns>An absolute path; the folder need not exist.</returns>
    public static string Resolve(string? given = null) => Resolve(given, Environment.GetEnvironmentVariable);

    internal static string Resolve(string? given, Func<string, string?> variable)
    {
        if (!string.IsNullOrEmpty(given)) return Path.GetFullPath(given);
        if (variable(Variable) is { Length: > 0 } chosen) return Path.GetFullPath(chosen);
        // By the XDG rules a relative path in the variable is to be ignored.
        if (variable("XDG_DATA_HOME") is { } xdg && Path.IsPathFullyQualified(xdg)) return Path.Combine(xdg, "sharpless");
        string home = variable("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.GetFullPath(Path.Combine(home, ".local", "share", "sharpless"));
    }
}
