using System.Globalization;

namespace Sharpless.Torch.Files;

/// <summary>How array files are read.</summary>
public sealed record ArrayFileOptions
{
    /// <summary>
    /// Bytes that one array may take in memory; a header or an npz member that needs more is refused before anything is allocated.
    /// Default: three quarters of the memory that is free.
    /// </summary>
    public long MemoryLimit { get; init; } = FreeMemory() / 4 * 3;

    // Linux counts what it could take back from caches under MemAvailable. The runtime knows the limit of a container.
    private static long FreeMemory()
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        const string meminfo = "/proc/meminfo", available = "MemAvailable:";
        if (!File.Exists(meminfo)) return Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes);
        string? line = File.ReadLines(meminfo).FirstOrDefault(l => l.StartsWith(available, StringComparison.Ordinal));
        return line is not null && long.TryParse(line[available.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
            NumberStyles.None, CultureInfo.InvariantCulture, out long kilobytes)
            ? Math.Min(kilobytes * 1024, memory.TotalAvailableMemoryBytes)
            : memory.TotalAvailableMemoryBytes;
    }
}
