using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>
/// SVHN (Netzer et al., "Reading Digits in Natural Images with Unsupervised Feature Learning", 2011), cropped digits: colour photographs of
/// house numbers, 32x32. Scaled to [0, 1] and not normalized; augmented by crops, but not mirrored, as in arXiv:2305.16292.
/// </summary>
internal sealed class Svhn : DownloadedSet
{
    private const string Server = "http://ufldl.stanford.edu/housenumbers/";

    // The files write the digit 0 as 10.
    private const int Zero = 10;

    /// <summary>The set.</summary>
    public static Svhn Set { get; } = new();

    public override string Name => "svhn";

    public override string Description => "colour photographs of house numbers";

    public override ImageShape Shape => new(3, 32, 32);

    public override int Classes => 10;

    public override int TrainCount => 73_257;

    public override int TestCount => 26_032;

    public override string Licence => "for non-commercial use only";

    public override IReadOnlyList<DownloadFile> Files { get; init; } =
    [
        new(new Uri(Server + "train_32x32.mat"), new KnownFile("train_32x32.mat", 182_040_794, "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8")),
        new(new Uri(Server + "test_32x32.mat"), new KnownFile("test_32x32.mat", 64_275_384, "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b")),
    ];

    public override ImageData Load(string dataFolder)
    {
        string train = PathOf(Files[0], dataFolder), test = PathOf(Files[1], dataFolder);
        return new ImageData(Name, Read(train), Read(test), new CropFlip(4, Flip: false));
    }

    private ImageSet Read(string path)
    {
        MatFile file = MatFile.Read(path);
        MatArray images = file["X"], digits = file["y"];
        if (images.Shape is not [32, 32, 3, > 0]) throw Wrong(path, $"X of shape [{string.Join(", ", images.Shape)}]", "[32, 32, 3, N]");
        int count = (int)images.Shape[3];
        if (digits.Shape is not [long labelled, 1] || labelled != count) throw Wrong(path, $"y of shape [{string.Join(", ", digits.Shape)}]", $"[{count}, 1], one digit for each image");

        double[] values = digits.ToDoubles();
        int bad = Array.FindIndex(values, value => !(value is >= 1 and <= Zero && value == Math.Floor(value)));
        if (bad >= 0) throw Wrong(path, $"the digit {values[bad]} at position {bad}", $"1 to {Zero}");
        return new ImageSet(Shape, FromColumns(images.ToBytes(), count), Array.ConvertAll(values, value => (int)value % Zero), Classes);
    }

    // MATLAB's first dimension runs fastest: [N, C, W, H] in our order.
    private static byte[] FromColumns(byte[] columns, int count)
    {
        const int side = 32, channels = 3;
        var pixels = new byte[columns.Length];
        for (int example = 0, source = 0; example < count; example++)
            for (int c = 0; c < channels; c++)
                for (int x = 0; x < side; x++)
                    for (int y = 0; y < side; y++)
                        pixels[((example * side + y) * side + x) * channels + c] = columns[source++];
        return pixels;
    }
}
