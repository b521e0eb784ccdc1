using Sharpless.Data;

namespace Sharpless.Tests.Data;

public sealed class NormalizationChoiceTests
{
    [Fact]
    public void Constants_are_measured_over_all_pixels_of_a_channel()
    {
        // Channel 0 holds 0, 51, 102, 153: in fifths 0 to 3, mean 0.3, variance 0.05. Channel 1 is constant.
        var images = new ImageSet(new ImageShape(2, 1, 2), [0, 255, 51, 255, 102, 255, 153, 255], [0, 1], 2);
        Normalization found = Normalization.Of(images);
        Assert.Equal(0.3f, found.Mean[0], 1e-6f);
        Assert.Equal((float)Math.Sqrt(0.05), found.Std[0], 1e-6f);
        Assert.Equal((1f, 1f), (found.Mean[1], found.Std[1]));
    }

    [Fact]
    public void Only_bytes_are_normalized_otherwise()
    {
        var images = new ImageSet(new ImageShape(1, 1, 1), [0.5f], [0], 1);
        Assert.Throws<InvalidOperationException>(() => images.With(Normalization.None(1)));
        Assert.Throws<ArgumentException>(() => Normalization.Of(images));
        var bytes = new ImageSet(new ImageShape(1, 1, 1), new byte[] { 7 }, [0], 1);
        Normalization other = new([0.5f], [0.25f]);
        Assert.Same(other, bytes.With(other).Normalization);
        Assert.Same(bytes.Bytes, bytes.With(other).Bytes);
    }
}
