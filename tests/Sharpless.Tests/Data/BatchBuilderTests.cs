using Sharpless.Data;
using Sharpless.Torch;

namespace Sharpless.Tests.Data;

public sealed class BatchBuilderTests
{
    private const int Count = 6;

    private static ImageSet Bytes(int channels, bool normalized = true)
    {
        var shape = new ImageShape(channels, 4, 5);
        var random = new Random(1);
        var pixels = new byte[Count * shape.Size];
        random.NextBytes(pixels);
        Normalization? normalization = normalized
            ? new([.. Enumerable.Range(1, channels).Select(c => c * 0.1f)], [.. Enumerable.Range(1, channels).Select(c => c * 0.2f)])
            : null;
        return new ImageSet(shape, pixels, [0, 1, 2, 0, 1, 2], classes: 3, normalization);
    }

    // The obvious way: one value at a time, straight from the formula.
    private static float[] Reference(ImageSet set, int[] examples, memory_format format, CropFlip? augmentation, ulong seed, long step, int view)
    {
        ImageShape shape = set.Shape;
        var result = new float[examples.Length * shape.Size];
        for (int place = 0; place < examples.Length; place++)
            for (int y = 0; y < shape.Height; y++)
                for (int x = 0; x < shape.Width; x++)
                    for (int c = 0; c < shape.Channels; c++)
                    {
                        CropFlip.Draw draw = augmentation?.DrawFor(seed, step, view, place) ?? default;
                        int padding = augmentation?.Padding ?? 0;
                        int sourceY = y + draw.Top - padding, sourceX = (draw.Mirrored ? shape.Width - 1 - x : x) + draw.Left - padding;
                        bool inside = sourceY >= 0 && sourceY < shape.Height && sourceX >= 0 && sourceX < shape.Width;
                        int source = examples[place] * shape.Size + (sourceY * shape.Width + sourceX) * shape.Channels + c;
                        float pixel = set.Bytes == null ? set.Floats![source] : inside ? set.Bytes[source] / 255f : 0;
                        int target = format == memory_format.channels_last
                            ? ((place * shape.Height + y) * shape.Width + x) * shape.Channels + c
                            : ((place * shape.Channels + c) * shape.Height + y) * shape.Width + x;
                        result[target] = (pixel - set.Normalization.Mean[c]) / set.Normalization.Std[c];
                    }
        return result;
    }

    [Theory]
    [InlineData(1, memory_format.channels_last)]
    [InlineData(1, memory_format.contiguous_format)]
    [InlineData(2, memory_format.channels_last)]
    [InlineData(3, memory_format.channels_last)]
    [InlineData(3, memory_format.contiguous_format)]
    public void A_batch_equals_the_obvious_way(int channels, memory_format format)
    {
        ImageSet set = Bytes(channels);
        int[] examples = [4, 0, 4, 2];
        foreach (CropFlip? augmentation in new[] { null, new CropFlip(2) })
        {
            var builder = new BatchBuilder(set, augmentation, seed: 9);
            var images = new float[examples.Length * set.Shape.Size];
            for (int step = 0; step < 5; step++)
                for (int view = 0; view < 2; view++)
                {
                    builder.WriteImages(examples, format, images, step, view);
                    Assert.Equal(Reference(set, examples, format, augmentation, 9, step, view), images);
                }
        }
    }

    [Fact]
    public void Two_views_of_a_batch_differ()
    {
        ImageSet set = Bytes(3);
        var builder = new BatchBuilder(set, new CropFlip(2), seed: 9);
        float[] first = new float[Count * set.Shape.Size], second = new float[first.Length];
        builder.WriteImages([0, 1, 2, 3, 4, 5], memory_format.channels_last, first, step: 1, view: 0);
        builder.WriteImages([0, 1, 2, 3, 4, 5], memory_format.channels_last, second, step: 1, view: 1);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void The_border_is_black_before_normalization()
    {
        var set = new ImageSet(new ImageShape(1, 2, 2), [255, 255, 255, 255], [0], 1, new Normalization([0.5f], [0.25f]));
        var builder = new BatchBuilder(set, new CropFlip(4), seed: 0);
        var image = new float[4];
        var seen = new HashSet<float>();
        for (int step = 0; step < 50; step++)
        {
            builder.WriteImages([0], memory_format.channels_last, image, step);
            seen.UnionWith(image);
        }
        Assert.Equal([-2f, 2f], seen.Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bfloat16_is_float32_rounded_to_nearest_even(bool asNumbers)
    {
        ImageSet bytes = Bytes(3);
        ImageSet set = asNumbers ? Numbers() : bytes;
        int[] examples = [0, 3, 5];
        var wide = new float[examples.Length * set.Shape.Size];
        var narrow = new ushort[wide.Length];
        foreach (memory_format format in new[] { memory_format.contiguous_format, memory_format.channels_last })
        {
            new BatchBuilder(set).WriteImages(examples, format, wide);
            new BatchBuilder(set).WriteImages(examples, format, narrow);
            for (int i = 0; i < wide.Length; i++) Assert.Equal(NearestBFloat16(wide[i]), narrow[i]);
        }
    }

    // Of the two neighbours, the nearer one; of two equally near ones, the even one. The distances are exact in double.
    private static ushort NearestBFloat16(float value)
    {
        ushort down = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16), up = (ushort)(down + 1);
        double toDown = Math.Abs((double)value - Single(down)), toUp = Math.Abs((double)value - Single(up));
        return toDown < toUp || (toDown == toUp && down % 2 == 0) ? down : up;

        static float Single(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
    }

    private static ImageSet Numbers()
    {
        var shape = new ImageShape(3, 4, 5);
        var random = new Random(2);
        float[] pixels = Enumerable.Range(0, Count * shape.Size).Select(_ => (float)(random.NextDouble() * 4 - 2)).ToArray();
        pixels[0] = BitConverter.UInt32BitsToSingle(0x3F808000);        // a tie above an even value
        pixels[1] = BitConverter.UInt32BitsToSingle(0x3F818000);        // a tie above an odd value
        return new ImageSet(shape, pixels, [0, 1, 2, 0, 1, 2], classes: 3);
    }

    [Theory]
    [InlineData(memory_format.channels_last)]
    [InlineData(memory_format.contiguous_format)]
    public void Images_that_are_numbers_are_taken_as_they_are(memory_format format)
    {
        ImageSet set = Numbers();
        int[] examples = [5, 1];
        var images = new float[examples.Length * set.Shape.Size];
        new BatchBuilder(set).WriteImages(examples, format, images);
        Assert.Equal(Reference(set, examples, format, null, 0, 0, 0), images);
    }

    [Fact]
    public void Images_that_are_numbers_cannot_be_augmented() =>
        Assert.Contains("Only 8-bit images", Assert.Throws<ArgumentException>(() => new BatchBuilder(Numbers(), new CropFlip(4))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(ScalarType.Float32, memory_format.contiguous_format)]
    [InlineData(ScalarType.Float32, memory_format.channels_last)]
    [InlineData(ScalarType.BFloat16, memory_format.channels_last)]
    public void Tensors_hold_the_batch_whatever_their_order_in_memory(ScalarType type, memory_format format)
    {
        using var scope = NewDisposeScope();
        ImageSet set = Bytes(3);
        int[] examples = [4, 0, 2];
        Batch batch = new BatchBuilder(set, new CropFlip(2), seed: 3).Build(examples, type, format, step: 7);

        Assert.Equal([3, 3, 4, 5], batch.Images.shape);
        Assert.Equal(type, batch.Images.dtype);
        Assert.Equal(format == memory_format.channels_last ? [60, 1, 15, 3] : [60, 20, 5, 1], batch.Images.stride());
        Assert.Equal([1, 0, 2], batch.Labels.ToArray<long>());
        float[] expected = Reference(set, examples, memory_format.contiguous_format, new CropFlip(2), 3, 7, 0);
        float tolerance = type == ScalarType.Float32 ? 0 : 1 / 256f;       // half a unit in the last of bfloat16's 8 digits
        float[] actual = batch.Images.To(ScalarType.Float32).ToArray<float>();
        for (int i = 0; i < expected.Length; i++) Assert.InRange(actual[i] - expected[i], -tolerance * Math.Abs(expected[i]), tolerance * Math.Abs(expected[i]));
    }

    [Fact]
    public void A_type_or_format_that_no_network_reads_is_refused()
    {
        using var scope = NewDisposeScope();
        var builder = new BatchBuilder(Bytes(1));
        Assert.Contains("not Int64", Assert.Throws<ArgumentException>(() => builder.Build([0], ScalarType.Int64, memory_format.contiguous_format)).Message,
            StringComparison.Ordinal);
        Assert.Contains("not as preserve_format", Assert.Throws<ArgumentException>(
            () => builder.WriteImages([0], memory_format.preserve_format, new float[20])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_follow_the_examples()
    {
        var labels = new long[4];
        new BatchBuilder(Bytes(1)).WriteLabels([5, 0, 1], labels);
        Assert.Equal([2, 0, 1, 0], labels);
    }

    [Fact]
    public void A_destination_that_is_too_small_is_refused()
    {
        var builder = new BatchBuilder(Bytes(3));
        string message = Assert.Throws<ArgumentException>(() => builder.WriteImages([0, 1], memory_format.channels_last, new float[119])).Message;
        Assert.Contains("2 images of 3x4x5 have 120 values, the destination has room for 119", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(Count)]
    public void An_example_that_is_not_in_the_set_is_refused(int example) =>
        Assert.Contains($"Example {example} is not one of the 6", Assert.Throws<ArgumentException>(
            () => new BatchBuilder(Bytes(1)).WriteImages([example], memory_format.channels_last, new float[20])).Message, StringComparison.Ordinal);
}
