using System.Text.RegularExpressions;

namespace Sharpless.Tests.Conventions;

/// <summary>The source files of the project that the tests were built from.</summary>
internal static partial class SourceTree
{
    internal static string Root { get; } = Find();

    /// <summary>The C# files below a folder, with their paths from the root, without comments.</summary>
    internal static IEnumerable<(string Path, string Code)> Files(string folder)
    {
        string[] paths = Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(paths);
        return paths.Order(StringComparer.Ordinal).Select(path => (Path.GetRelativePath(Root, path).Replace('\\', '/'), WithoutComments(File.ReadAllText(path))));
    }

    internal static string WithoutComments(string code) =>
        StringOrComment().Replace(code, match => match.Value.StartsWith("//", StringComparison.Ordinal) || match.Value.StartsWith("/*", StringComparison.Ordinal) ? " " : match.Value);

    // Strings and characters are matched too, so that slashes in them begin no comment.
    [GeneratedRegex("""
        "{3}[\s\S]*?"{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|//[^\n]*|/\*[\s\S]*?\*/
        """)]
    private static partial Regex StringOrComment();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sharpless.slnx"))) return folder.FullName;
        }

        throw new FileNotFoundException($"Sharpless.slnx was not found above {AppContext.BaseDirectory}.");
    }
}
