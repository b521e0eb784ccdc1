using Sharpless.Data;

namespace Sharpless.Tests.Data.Sources;

/// <summary>JPEG pictures of 64x64, each of one colour, by which a test can tell which one it has.</summary>
internal static class FlatPictures
{
    public const int Grey = 4;

    public static byte[] Jpeg(int k) => File.ReadAllBytes(GoldenFiles.PathOf("data", $"flat_{k}.jpg"));

    /// <summary>Puts a picture into a folder.</summary>
    public static void Write(string folder, string name, int k)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Jpeg(k));
    }

    /// <summary>Which picture an example is: its red is 40 k + 20, but the grey one's is 77.</summary>
    public static int Of(ImageSet images, int example)
    {
        ReadOnlySpan<byte> pixels = images.Bytes.AsSpan(example * images.Shape.Size, images.Shape.Size);
        int red = pixels[0], k = red == 77 ? Grey : (int)Math.Round((red - 20) / 40.0);
        byte[] expected = k == Grey ? [77, 77, 77] : [(byte)(40 * k + 20), (byte)(235 - 40 * k), 100];
        for (int i = 0; i < pixels.Length; i++) Assert.InRange(pixels[i] - expected[i % 3], -2, 2);
        return k;
    }

    /// <summary>Picture and label of every example, in the order of the pictures.</summary>
    public static (int Picture, int Label)[] All(ImageSet images) =>
        [.. Enumerable.Range(0, images.Count).Select(example => (Of(images, example), images.Labels[example])).Order()];
}
