using Sharpless.Data;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Tests.Data.Sources;

public sealed class NpzImagesTests
{
    private static readonly byte[] Pixels = [1, 2, 3, 4, 11, 12, 13, 14];              // [1, 2, 2, 2]: two planes of 2x2
    private static readonly ArrayEntry[] Sound =
    [
        new("x_train", ScalarType.Byte, [2, 2, 2, 2], (byte[])[.. Pixels, .. Pixels.Reverse()]), Labels("y_train", 0, 4),
        new("x_test", ScalarType.Byte, [1, 2, 2, 2], Pixels), Labels("y_test", 4),
    ];

    [Fact]
    public void Bytes_are_divided_by_255()
    {
        ImageData data = Load(Sound);
        Assert.Equal((2, 1, 5, new ImageShape(2, 2, 2)), (data.Train.Count, data.Test.Count, data.Classes, data.Shape));
        Assert.Null(data.Augmentation);
        Assert.Equal([0, 4], data.Train.Labels);

        var images = new float[16];
        new BatchBuilder(data.Train).WriteImages([0, 1], memory_format.contiguous_format, images);
        Assert.Equal(Pixels.Concat(Pixels.Reverse()).Select(pixel => pixel / 255f), images);
    }

    [Fact]
    public void Numbers_are_taken_as_they_are()
    {
        float[] train = [.. Enumerable.Range(0, 16).Select(i => i * 1.5f - 3)], test = train[..8];
        ImageData data = Load([new("x_train", [2, 2, 2, 2], train), Sound[1], new("x_test", [1, 2, 2, 2], test), Sound[3]]);

        var images = new float[16];
        new BatchBuilder(data.Train).WriteImages([0, 1], memory_format.contiguous_format, images);
        Assert.Equal(train, images);
    }

    [Theory]
    [InlineData(ScalarType.Byte, 1)]
    [InlineData(ScalarType.Int32, 4)]
    [InlineData(ScalarType.Int64, 8)]
    public void Labels_are_of_any_integer_type(ScalarType type, int size)
    {
        var bytes = new byte[2 * size];
        bytes[size] = 4;
        Assert.Equal([0, 4], Load(Replaced(1, new("y_train", type, [2], bytes))).Train.Labels);
    }

    // Keras and picture libraries write [N, H, W, C].
    [Theory]
    [InlineData("npz", 6, 6, 3)]
    [InlineData("npz", 28, 28, 1)]
    [InlineData("npz", 5, 5, 4)]
    [InlineData("npz-nhwc", 6, 9, 3)]
    [InlineData("npz-nhwc", 2, 2, 2)]
    public void Images_with_their_channels_last_are_the_same_images(string prefix, int height, int width, int channels)
    {
        int size = height * width * channels;
        byte[] last = [.. Enumerable.Range(0, 2 * size).Select(i => (byte)(i * 7))];
        float[] floats = [.. last.Select(pixel => pixel / 255f)];
        foreach (bool areFloats in new[] { false, true })
        {
            ArrayEntry[] arrays = [Array("x_train", 2), Labels("y_train", 0, 1), Array("x_test", 1), Labels("y_test", 1)];
            ImageData data = Load(arrays, prefix);
            Assert.Equal((new ImageShape(channels, height, width), 2), (data.Shape, data.Train.Count));
            var images = new float[2 * size];
            new BatchBuilder(data.Train).WriteImages([0, 1], memory_format.contiguous_format, images);
            for (int n = 0; n < 2; n++)
                for (int c = 0; c < channels; c++)
                    for (int i = 0; i < height * width; i++)
                        Assert.Equal(last[(n * size) + (i * channels) + c] / 255f, images[(n * size) + (c * height * width) + i]);
            if (prefix == "npz") Assert.Contains("taken as [N, H, W, C]", Assert.Single(data.Notes), StringComparison.Ordinal);
            else Assert.Empty(data.Notes);

            ArrayEntry Array(string name, int count) => areFloats
                ? new(name, [count, height, width, channels], floats.AsMemory(0, count * size))
                : new(name, ScalarType.Byte, [count, height, width, channels], last.AsMemory(0, count * size));
        }
    }

    [Theory]
    [InlineData("npz", 3, 32, 32)]
    [InlineData("npz", 1, 28, 28)]
    [InlineData("npz", 4, 4, 4)]
    [InlineData("npz", 64, 8, 8)]
    [InlineData("npz", 3, 6, 3)]
    [InlineData("npz-nchw", 16, 128, 1)]
    [InlineData("npz-nchw", 32, 32, 3)]
    public void Images_with_their_channels_first_stay_what_they_are(string prefix, int channels, int height, int width)
    {
        long[] shape = [2, channels, height, width];
        var pixels = new byte[2 * channels * height * width];
        ImageData data = Load([new("x_train", ScalarType.Byte, shape, pixels), Labels("y_train", 0, 1), new("x_test", ScalarType.Byte, shape, pixels), Labels("y_test", 1, 0)], prefix);
        Assert.Equal(new ImageShape(channels, height, width), data.Shape);
        Assert.Empty(data.Notes);
    }

    [Fact]
    public void A_shape_that_can_be_read_both_ways_is_refused_with_the_ways_to_say_it()
    {
        var error = Refused(
            [new("x_train", ScalarType.Byte, [2, 16, 128, 1], new byte[4096]), Sound[1], new("x_test", ScalarType.Byte, [1, 16, 128, 1], new byte[2048]), Sound[3]],
            "x_train has the shape [2, 16, 128, 1], which can be [N, C, H, W] (images of 16 channels) or [N, H, W, C] (of 1)");
        foreach (string way in new[] { "npz-nchw:FILE", "npz-nhwc:FILE", "x.transpose(0, 3, 1, 2)" }) Assert.Contains(way, error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_that_would_ask_for_more_memory_than_there_is_is_named() =>
        Refused(Replaced(1, Labels("y_train", 0, 2_000_000_000)), "y_train[1] is 2000000000, which makes 2000000001 classes of 2 images");

    [Theory, InlineData(long.MaxValue), InlineData(int.MaxValue), InlineData(100_000)]
    public void So_is_any_that_no_set_of_classes_has(long label) => Refused(Replaced(1, Labels("y_train", 0, label)), $"y_train[1] is {label}, which makes");

    [Fact]
    public void Classes_without_examples_are_told()
    {
        ImageData data = Load(Sound);
        Assert.Contains("classes 1, 2, 3 have no training example, though labels run up to 4", Assert.Single(data.Notes), StringComparison.Ordinal);
        data = Load(Replaced(3, Labels("y_test", 2)));
        Assert.Equal(2, data.Notes.Count);
        Assert.Contains("class 2 has test examples but no training example", data.Notes[1], StringComparison.Ordinal);
        Assert.Empty(Load([Sound[0], Labels("y_train", 0, 1), Sound[2], Labels("y_test", 1)]).Notes);
    }

    [Fact]
    public void Examples_of_one_class_are_refused() =>
        Refused([Sound[0], Labels("y_train", 4, 4), Sound[2], Sound[3]], "are of one class (4)");

    [Fact]
    public void A_test_class_that_is_not_trained_on_is_refused() =>
        Refused(Replaced(3, Labels("y_test", 5)), "y_test[0] is 5, but the largest label of y_train is 4");

    [Fact]
    public void A_negative_label_is_refused() => Refused(Replaced(1, Labels("y_train", 0, -1)), "y_train[1] is -1; labels count from 0");

    [Fact]
    public void Labels_and_images_must_be_equally_many() =>
        Refused(Replaced(1, Labels("y_train", 0, 1, 2)), "y_train has the shape [3]; expected [2], one label for each image of x_train");

    [Fact]
    public void Images_of_other_dimensions_are_refused() =>
        Refused(Replaced(0, new("x_train", ScalarType.Byte, [2, 2, 4], new byte[16])), "x_train has the shape [2, 2, 4]; expected [N, C, H, W]");

    [Fact]
    public void Test_images_of_another_shape_are_refused() =>
        Refused(Replaced(2, new("x_test", ScalarType.Byte, [1, 1, 2, 4], new byte[8])), "x_train holds images of 2x2x2 (channels x height x width), x_test of 1x2x4");

    [Fact]
    public void An_empty_set_is_refused() =>
        Refused(Replaced(0, new("x_train", ScalarType.Byte, [0, 2, 2, 2], Array.Empty<byte>())), "with at least one image");

    [Fact]
    public void Another_type_of_pixels_is_refused_with_the_conversion() =>
        Assert.Contains("astype('float32')", Refused(Replaced(0, new("x_train", ScalarType.Float64, [2, 2, 2, 2], new byte[128])),
            "x_train is of type Float64; expected uint8 (0 to 255) or float32").Hint, StringComparison.Ordinal);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_value_that_is_not_finite_is_named(float value)
    {
        var train = new float[16];
        train[9] = value;
        Refused(Replaced(0, new("x_train", [2, 2, 2, 2], train)), "x_train[1] holds");
    }

    [Fact]
    public void Labels_that_are_fractions_are_refused() =>
        Assert.Throws<InvalidDataException>(() => Load(Replaced(1, new("y_train", [2], new float[2]))));

    [Fact]
    public void A_missing_array_is_named() =>
        Assert.Contains("'y_test'", Assert.Throws<InvalidDataException>(() => Load(Sound[..3])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("no file missing.npz", Assert.Throws<UsageException>(() => DataSets.Load("npz:missing.npz", "unused")).Message, StringComparison.Ordinal);

    private static ArrayEntry Labels(string name, params long[] labels) => new(name, [labels.Length], labels);

    private static ArrayEntry[] Replaced(int index, ArrayEntry entry) => [.. Sound[..index], entry, .. Sound[(index + 1)..]];

    private static ImageData Load(ArrayEntry[] arrays, string prefix = "npz")
    {
        using var folder = new TemporaryFolder();
        NpzFile.Write(folder.File("data.npz"), arrays);
        return DataSets.Load($"{prefix}:{folder.File("data.npz")}", folder.Path);
    }

    private static UsageException Refused(ArrayEntry[] arrays, string message)
    {
        var error = Assert.Throws<UsageException>(() => Load(arrays));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        return error;
    }
}
