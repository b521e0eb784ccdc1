using System.IO.Compression;
using System.Security.Cryptography;
using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>Finds and checks the files of a data set in a folder, where each may be compressed with gzip or not, and may have another of its usual names.</summary>
internal static class DataFiles
{
    /// <summary>Path of a file in a folder, under its own or another usual name, compressed or not; null if it is not there.</summary>
    public static string? Find(string folder, KnownFile file) => Names(file.Name).Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Whether an entry of a folder is the file, or a folder for it alone, under one of its usual names.</summary>
    public static bool Is(string entry, KnownFile file) => Names(file.Name).Any(name => name.Split(Path.DirectorySeparatorChar)[0] == entry);

    /// <summary>Opens a file's content, uncompressing it where it begins as gzip does.</summary>
    public static Stream OpenContent(string path)
    {
        FileStream file = InputFile.OpenRead(path);
        bool isCompressed = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        return isCompressed ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    // train-images-idx3-ubyte: others write train-images.idx3-ubyte, or put the file into a folder of its own name.
    private static IEnumerable<string> Names(string name) =>
        from plain in new[] { name, name.Replace("-idx", ".idx", StringComparison.Ordinal) }.Distinct()
        from place in new[] { plain, plain + ".gz", Path.Combine(plain, plain), Path.Combine(plain, name) }
        select place;

    /// <summary>Compares a file in a folder with what is known of it.</summary>
    public static FileCheck Check(string folder, KnownFile file)
    {
        if (Find(folder, file) is not { } path) return new FileCheck(Path.Combine(folder, file.Name), file.Sha256, null);
        try
        {
            using Stream content = OpenContent(path);
            return new FileCheck(path, file.Sha256, Convert.ToHexStringLower(SHA256.HashData(content)));
        }
        catch (InvalidDataException)
        {
            // Damage that uncompressing notices is a failed check like any other.
            return new FileCheck(path, file.Sha256, null);
        }
    }
}
