using System.IO.Compression;
using System.Security.Cryptography;

namespace Sharpless.Data.Sources;

/// <summary>Finds and checks the files of a data set in a folder, where each may be compressed (<c>.gz</c>) or not.</summary>
internal static class DataFiles
{
    /// <summary>Path of a file in a folder, compressed or not; null if it is not there.</summary>
    public static string? Find(string folder, KnownFile file)
    {
        string plain = Path.Combine(folder, file.Name), compressed = plain + ".gz";
        return File.Exists(plain) ? plain : File.Exists(compressed) ? compressed : null;
    }

    /// <summary>Opens a file's content, uncompressing it where its name ends in <c>.gz</c>.</summary>
    public static Stream OpenContent(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        return path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

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
