namespace Sharpless;

/// <summary>The processor that a figure was measured on.</summary>
public static class Processor
{
    /// <summary>Its name as Linux tells it, with the number of cores.</summary>
    public static string Name { get; } = $"{Model()}, {Environment.ProcessorCount} cores";

    private static string Model()
    {
        const string File = "/proc/cpuinfo";
        string? line = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[^1].Trim() ?? "unknown processor";
    }
}
