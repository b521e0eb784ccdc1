namespace Sharpless.Data.Sources;

/// <summary>
/// Fashion-MNIST (arXiv:1708.07747): 28x28 grey pictures of ten kinds of clothes, 6,000 of each for training and 1,000 for testing.
/// Like MNIST it is scaled to [0, 1], neither normalized further nor augmented, as arXiv:2305.16292's published code treats such sets.
/// </summary>
/// <remarks>
/// Debian compressed the files anew; the contents are the same. The published files' sizes and checksums are those in
/// the list of TensorFlow Datasets; the makers' own page gives MD5.
/// </remarks>
internal static class FashionMnist
{
    private const string DebianFolder = "/usr/share/datasets/fashion-mnist";

    /// <summary>The set.</summary>
    public static IdxSet Set { get; } = new(
        "fashion_mnist", "grey pictures of clothes", "MIT", new DebianPackage("dataset-fashion-mnist"),
        new IdxFiles(
            new KnownFile("train-images-idx3-ubyte", 47_040_016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            new KnownFile("train-labels-idx1-ubyte", 60_008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            new KnownFile("t10k-images-idx3-ubyte", 7_840_016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            new KnownFile("t10k-labels-idx1-ubyte", 10_008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34")),
        member: file => $".{DebianFolder}/{file}.gz")
    {
        OtherNames = ["fashion-mnist"],
        FolderName = "fashion-mnist",
        OtherFolderName = "FashionMNIST/raw",                                    // torchvision
        InstalledFolder = DebianFolder,
        Published =
        [
            From("train-images-idx3", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            From("train-labels-idx1", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            From("t10k-images-idx3", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            From("t10k-labels-idx1", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ],
    };

    // The address on the makers' page, which has no https; the checksum guards against changes on the way.
    private static DownloadFile From(string name, long bytes, string sha256) =>
        new(
            new Uri($"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{name}-ubyte.gz"),
            new KnownFile($"{name}-ubyte.gz", bytes, sha256)
        );
}
