using System.Security.Cryptography;
using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>The folder of a set that is made on this machine. What it should hold is known from the checksums that were written when it was made.</summary>
/// <param name="Name">Name of the folder in the data folder.</param>
/// <param name="Files">What it holds, by name; a folder stands for all files in it.</param>
internal sealed record MadeFolder(string Name, IReadOnlyList<string> Files)
{
    private const string Sums = "SHA256SUMS";

    /// <summary>The folder, or null where something is missing.</summary>
    public string? Locate(string dataFolder)
    {
        string place = Path.Combine(dataFolder, Name);
        return Files.Append(Sums).All(file => Path.Exists(Path.Combine(place, file))) ? place : null;
    }

    /// <summary>Compares what is there with the checksums.</summary>
    public IReadOnlyList<FileCheck> Verify(string dataFolder)
    {
        string place = Path.Combine(dataFolder, Name), sums = Path.Combine(place, Sums);
        Dictionary<string, string> expected = File.Exists(sums)
            ? File.ReadAllLines(sums).Select(line => line.Split("  ", 2)).Where(parts => parts.Length == 2).DistinctBy(parts => parts[1]).ToDictionary(parts => parts[1], parts => parts[0])
            : [];
        return [.. Files.Select(file => new FileCheck(Path.Combine(place, file), expected.GetValueOrDefault(file, $"(not in {Sums})"), Sha256(Path.Combine(place, file))))];
    }

    /// <summary>Makes the folder, whole or not at all; does nothing where it is there, undamaged.</summary>
    /// <param name="dataFolder">Where to put it.</param>
    /// <param name="fill">Fills the folder that it is given.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <returns>The folder.</returns>
    public string Make(string dataFolder, Action<string> fill, IProgress<string>? progress)
    {
        if (Locate(dataFolder) is { } present)
        {
            progress?.Report($"checking {present}");
            if (Verify(dataFolder).All(file => file.Passed)) return present;
        }
        string place = Path.Combine(dataFolder, Name);
        NewFolder.Create(place, name => name == Sums || Files.Any(file => file.Split('/')[0] == name), aside =>
        {
            fill(aside);
            File.WriteAllText(Path.Combine(aside, Sums), string.Concat(Files.Select(file => $"{Sha256(Path.Combine(aside, file))}  {file}\n")));
        });
        return place;
    }

    // That of a folder is of the names and checksums of its files, in ordinal order.
    private static string? Sha256(string path)
    {
        if (Directory.Exists(path))
            return Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Concat(
                Directory.GetFiles(path).Order(StringComparer.Ordinal).Select(file => $"{Sha256(file)}  {Path.GetFileName(file)}\n")))));
        if (!File.Exists(path)) return null;
        using FileStream stream = InputFile.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
