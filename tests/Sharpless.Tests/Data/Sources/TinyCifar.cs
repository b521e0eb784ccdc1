using System.Formats.Tar;

namespace Sharpless.Tests.Data.Sources;

/// <summary>Archives in the published formats of CIFAR-10 and CIFAR-100, with a few pictures.</summary>
internal static class TinyCifar
{
    public static byte Pixel(int batch, int example, int c, int y, int x) => (byte)(batch * 31 + example * 17 + c * 80 + y * 3 + x);

    public static byte[] Batch(int batch, int[] labels, int[]? coarse = null) =>
    [
        .. labels.SelectMany((label, example) => (byte[])
        [
            .. coarse is null ? (byte[])[] : [(byte)coarse[example]], (byte)label,
            .. from c in Enumerable.Range(0, 3) from y in Enumerable.Range(0, 32) from x in Enumerable.Range(0, 32) select Pixel(batch, example, c, y, x),
        ]),
    ];

    /// <summary>The members of the published archive, not in the order of their numbers; batch b has the labels b, 7, 3.</summary>
    public static TarEntry[] Cifar10Members() =>
    [
        new PaxTarEntry(TarEntryType.Directory, "cifar-10-batches-bin/"),
        .. ((int[])[3, 1, 5, 2, 4]).Select(batch => TinySet.Member($"cifar-10-batches-bin/data_batch_{batch}.bin", Batch(batch, [batch, 7, 3]))),
        TinySet.Member("cifar-10-batches-bin/batches.meta.txt", "airplane\n"u8.ToArray()),
        TinySet.Member("cifar-10-batches-bin/readme.html", [1]),
        TinySet.Member("cifar-10-batches-bin/test_batch.bin", Batch(9, [0, 1, 7, 5])),
    ];

    public static byte[] Cifar10Archive() => TinySet.Tarball(Cifar10Members());

    public static void WriteCifar10(string dataFolder) => Write(dataFolder, "cifar10/cifar-10-binary.tar.gz", Cifar10Archive());

    public static void WriteCifar100(string dataFolder) => Write(dataFolder, "cifar100/cifar-100-binary.tar.gz", TinySet.Tarball(
        TinySet.Member("cifar-100-binary/train.bin", Batch(1, [99, 42], coarse: [19, 0])), TinySet.Member("cifar-100-binary/test.bin", Batch(2, [17], coarse: [3]))));

    private static void Write(string dataFolder, string name, byte[] archive)
    {
        string path = Path.Combine(dataFolder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, archive);
    }
}
