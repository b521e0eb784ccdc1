using System.Reflection;

namespace Sharpless;

/// <summary>Which build of Sharpless this is.</summary>
public static class BuildVersion
{
    private static readonly string[] Parts =
        (typeof(BuildVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0").Split('+');

    /// <summary>Version, such as 0.1.0.</summary>
    public static string Version => Parts[0];

    /// <summary>The commit it was built from, shortened; empty outside a repository.</summary>
    public static string Commit => Parts.Length > 1 ? Parts[1][..Math.Min(10, Parts[1].Length)] : "";
}
