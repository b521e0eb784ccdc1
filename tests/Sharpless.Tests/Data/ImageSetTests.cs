using Sharpless.Data;

namespace Sharpless.Tests.Data;

public sealed class ImageSetTests
{
    private static readonly ImageShape Shape = new(2, 1, 3);

    [Fact]
    public void Planes_become_pixels()
    {
        byte[] planes = [1, 2, 3, 11, 12, 13, 21, 22, 23, 31, 32, 33];
        Assert.Equal([1, 11, 2, 12, 3, 13, 21, 31, 22, 32, 23, 33], ImageSet.FromPlanes(planes, Shape));
    }

    [Fact]
    public void Sizes_that_do_not_agree_are_refused() =>
        Assert.Contains("2 labels go with 12 values of 2x1x3 images, but there are 11", Assert.Throws<ArgumentException>(
            () => new ImageSet(Shape, new byte[11], [0, 0], 1)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_label_out_of_range_is_named(int label) =>
        Assert.Contains($"Label {label} of example 1 is not one of the 3 classes, 0 to 2", Assert.Throws<ArgumentException>(
            () => new ImageSet(Shape, new byte[12], [0, label], 3)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_empty_set_is_refused() =>
        Assert.Contains("holds no images", Assert.Throws<ArgumentException>(() => new ImageSet(Shape, Array.Empty<byte>(), [], 1)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(0f, 0f)]
    [InlineData(0f, float.NaN)]
    [InlineData(float.NaN, 1f)]
    public void An_impossible_normalization_is_refused(float mean, float std) =>
        Assert.Throws<ArgumentException>(() => new ImageSet(Shape, new byte[6], [0], 1, new Normalization([mean, mean], [std, std])));

    [Fact]
    public void A_normalization_for_another_number_of_channels_is_refused() =>
        Assert.Contains("images of 2 channels need 2 of each", Assert.Throws<ArgumentException>(
            () => new ImageSet(Shape, new byte[6], [0], 1, Normalization.None(3))).Message, StringComparison.Ordinal);
}
