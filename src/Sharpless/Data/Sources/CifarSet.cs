namespace Sharpless.Data.Sources;

/// <summary>
/// CIFAR-10 and CIFAR-100 (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009): 50,000 and 10,000 colour
/// photographs of 32x32 pixels. Augmented by a crop out of a border of 4 black pixels and mirroring, as in arXiv:2305.16292.
/// </summary>
internal sealed class CifarSet : DownloadedSet
{
    private static readonly Uri Server = new("https://www.cs.toronto.edu/~kriz/");

    private readonly int _labelBytes;
    private readonly string[] _train, _test;

    private CifarSet(string name, string description, int classes, KnownFile archive, int labelBytes, string[] train, string[] test, Normalization own)
    {
        (Name, Description, Classes, _labelBytes, _train, _test, OwnNormalization) = (name, description, classes, labelBytes, train, test, own);
        Files = [new DownloadFile(new Uri(Server, archive.Name), archive)];
    }

    /// <summary>Constants of the three channels of CIFAR-10 in the published code.</summary>
    public static Normalization Cifar10Normalization { get; } = new([0.4914f, 0.4822f, 0.4465f], [0.2023f, 0.1994f, 0.2010f]);

    /// <summary>Ten classes.</summary>
    public static CifarSet Cifar10 { get; } = new(
        "cifar10", "colour photographs of animals and vehicles", 10,
        new KnownFile("cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
        labelBytes: 1, [.. Enumerable.Range(1, 5).Select(batch => $"cifar-10-batches-bin/data_batch_{batch}.bin")],
        ["cifar-10-batches-bin/test_batch.bin"], own: Cifar10Normalization);

    /// <summary>
    /// A hundred classes, the fine labels. Normalized with the constants of CIFAR-10 unless its own are asked for, because the published
    /// code does so: it looks at the first letters of the name only.
    /// </summary>
    public static CifarSet Cifar100 { get; } = new(
        "cifar100", "colour photographs of animals, plants and things", 100,
        new KnownFile("cifar-100-binary.tar.gz", 168_513_733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
        labelBytes: 2, ["cifar-100-binary/train.bin"], ["cifar-100-binary/test.bin"],
        own: new Normalization([0.5071f, 0.4867f, 0.4408f], [0.2675f, 0.2565f, 0.2761f]));

    public override string Name { get; }

    public override string Description { get; }

    public override ImageShape Shape => CifarRecords.Shape;

    public override int Classes { get; }

    public override int TrainCount => 50_000;

    public override int TestCount => 10_000;

    public override string Licence => "none stated; cite the report of 2009";

    public override IReadOnlyList<DownloadFile> Files { get; init; }

    public override Normalization? OwnNormalization { get; }

    public override ImageData Load(string dataFolder)
    {
        string path = PathOf(Files[0], dataFolder);
        IReadOnlyList<byte[]> files = CifarArchive.Read(path, [.. _train, .. _test]);
        return new ImageData(Name, ToSet(files.Take(_train.Length)), ToSet(files.Skip(_train.Length)), new CropFlip(4));

        ImageSet ToSet(IEnumerable<byte[]> part) => CifarRecords.ToSet(path, [.. part], _labelBytes, Classes, Cifar10Normalization);
    }
}
