using System.Text.Json;
using Sharpless.Torch.Files;

namespace Sharpless.Tests.Analysis;

/// <summary>Reference results of <c>tests/golden/analysis/make.py</c>.</summary>
internal static class Golden
{
    private static readonly string Folder = Find();

    internal static JsonElement Expected { get; } = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json"))).RootElement;

    internal static ArrayFile Open(string file) => ArrayFile.Open(Path.Combine(Folder, file));

    internal static double[] Numbers(this JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetDouble())];

    internal static long[] Integers(this JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetInt64())];

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "tests", "golden", "analysis");
            if (Directory.Exists(candidate)) return candidate;
        }

        throw new DirectoryNotFoundException($"No tests/golden/analysis above {AppContext.BaseDirectory}.");
    }
}
