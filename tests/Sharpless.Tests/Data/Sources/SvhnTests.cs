using Sharpless.Data;

namespace Sharpless.Tests.Data.Sources;

// tests/golden/data/make.py wrote the files with scipy.io.savemat, as the published ones are laid out.
public sealed class SvhnTests
{
    [Fact]
    public void The_published_files_are_read()
    {
        using TemporaryFolder data = new();
        Put(data, "train_32x32.mat", "svhn_train.mat");
        Put(data, "test_32x32.mat", "svhn_test.mat");
        ImageData images = DataSets.Load("svhn", data.Path);

        Assert.Equal((new ImageShape(3, 32, 32), 10), (images.Shape, images.Classes));
        Assert.Equal([1, 0, 9], images.Train.Labels);       // the digit 0 is written 10
        Assert.Equal([0, 3], images.Test.Labels);
        AssertPixels(images.Train, first: 0);
        AssertPixels(images.Test, first: 1);
        Assert.Equal(new CropFlip(4, Flip: false), images.Augmentation);
        Assert.Equal(Normalization.None(3).Mean, images.Train.Normalization.Mean);
        Assert.Equal(Normalization.None(3).Std, images.Train.Normalization.Std);
    }

    [Fact]
    public void Files_that_are_absent_or_hold_something_else_are_refused()
    {
        using TemporaryFolder data = new();
        Put(data, "train_32x32.mat", "svhn_train.mat");
        Assert.Contains("sharpless data get svhn", Assert.Throws<UsageException>(() => DataSets.Load("svhn", data.Path)).Hint, StringComparison.Ordinal);
        Put(data, "test_32x32.mat", "numbers.mat");
        Assert.Contains("no array 'X'", Assert.Throws<InvalidDataException>(() => DataSets.Load("svhn", data.Path)).Message, StringComparison.Ordinal);

        byte[] wrong = File.ReadAllBytes(GoldenFiles.PathOf("data", "svhn_test.mat"));
        // The last number of y, 3.0 as a double: its two upper bytes become those of 11.0.
        Assert.Equal([0x08, 0x40], wrong[^2..]);
        wrong[^2] = 0x26;
        File.WriteAllBytes(data.File("svhn/test_32x32.mat"), wrong);
        Assert.Contains("the digit 11 at position 1; expected 1 to 10", Assert.Throws<UsageException>(() => DataSets.Load("svhn", data.Path)).Message, StringComparison.Ordinal);
    }

    private static void AssertPixels(ImageSet images, int first)
    {
        for (int n = 0; n < images.Count; n++)
            for (int y = 0; y < 32; y++)
                for (int x = 0; x < 32; x++)
                    for (int c = 0; c < 3; c++)
                        Assert.Equal((7 * y + 3 * x + 50 * c + 11 * (n + first)) % 256, images.Bytes![((n * 32 + y) * 32 + x) * 3 + c]);
    }

    private static void Put(TemporaryFolder data, string name, string golden)
    {
        Directory.CreateDirectory(data.File("svhn"));
        File.Copy(GoldenFiles.PathOf("data", golden), data.File("svhn/" + name));
    }
}
