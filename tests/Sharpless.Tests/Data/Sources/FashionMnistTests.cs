using Sharpless.Data;

namespace Sharpless.Tests.Data.Sources;

// Needs Debian's package dataset-fashion-mnist, which ./test installs.
public sealed class FashionMnistTests
{
    [Fact]
    public void The_real_set_is_read()
    {
        using var folder = new TemporaryFolder();
        ImageData data = DataSets.Load("fashion_mnist", folder.Path);

        Assert.Equal((60_000, 10_000, 10, new ImageShape(1, 28, 28)), (data.Train.Count, data.Test.Count, data.Classes, data.Shape));
        Assert.Null(data.Augmentation);
        Assert.Equal(Enumerable.Repeat(6_000, 10), Counts(data.Train));
        Assert.Equal(Enumerable.Repeat(1_000, 10), Counts(data.Test));
        Assert.Equal([9, 0, 0, 3, 0], data.Train.Labels[..5]);

        // The mean and standard deviation that are published for the training images.
        byte[] pixels = data.Train.Bytes!;
        double mean = pixels.Average(pixel => pixel / 255.0);
        double square = pixels.Average(pixel => pixel / 255.0 * (pixel / 255.0));
        Assert.Equal(0.2860, mean, tolerance: 5e-5);
        Assert.Equal(0.3530, Math.Sqrt(square - mean * mean), tolerance: 5e-5);

        var images = new float[2 * data.Shape.Size];
        new BatchBuilder(data.Train).WriteImages([0, 59_999], memory_format.channels_last, images);
        Assert.Equal(pixels[..784].Select(pixel => pixel / 255f), images[..784]);
        Assert.Equal(pixels[^784..].Select(pixel => pixel / 255f), images[784..]);
    }

    [Fact]
    public void The_real_files_have_the_known_checksums()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<FileCheck> checks = DataSets.KnownNamed("fashion_mnist").Verify(folder.Path);
        Assert.Equal(4, checks.Count);
        Assert.All(checks, check => Assert.True(check.Passed, $"{check.Path} has {check.Found}"));
    }

    private static int[] Counts(ImageSet set) => [.. Enumerable.Range(0, set.Classes).Select(label => set.Labels.Count(given => given == label))];
}
