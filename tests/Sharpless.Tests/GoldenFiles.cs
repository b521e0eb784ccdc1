namespace Sharpless.Tests;

/// <summary>Reference data that committed scripts made, in <c>tests/golden</c>.</summary>
internal static class GoldenFiles
{
    internal static string PathOf(params string[] parts)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine([folder.FullName, "tests", "golden", .. parts]);
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException($"tests/golden/{string.Join('/', parts)} was not found above {AppContext.BaseDirectory}.");
    }
}
