using Sharpless.Data;
using Sharpless.Torch;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Training;

public class TrainingBatchesTests
{
    private const int Count = 64;
    private static readonly ImageShape Shape = new(3, 8, 8);

    [Theory, InlineData(Precision.Float32), InlineData(Precision.BFloat16)]
    public void Mixup_mixes_images_and_their_losses_in_the_same_proportion(Precision precision)
    {
        using var scope = NewDisposeScope();
        var plain = new TrainOptions { BatchSize = 16, NoAugmentation = true, Precision = precision };
        TrainingBatch single = Batches(plain).At(5), mixed = Batches(plain with { MixupAlpha = 1 }).At(5);
        (double lambda, int[] partner) = new Mixup(1).DrawFor(0, 5, 16);
        Assert.InRange(lambda, 0.02, 0.98);

        float[] images = single.Images.To(ScalarType.Float32).ToArray<float>(), result = mixed.Images.To(ScalarType.Float32).ToArray<float>();
        double tolerance = precision == Precision.Float32 ? 1e-6 : 3 * 0.5 / 128;  // three roundings to eight bits, values up to 1
        for (int i = 0; i < images.Length; i++)
        {
            int place = i / Shape.Size;
            Assert.Equal(lambda * images[i] + (1 - lambda) * images[partner[place] * Shape.Size + i % Shape.Size], result[i], tolerance);
        }

        long[] labels = single.Labels.ToArray<long>();
        Assert.Equal(partner.Select(place => labels[place]), mixed.Partners!.ToArray<long>());
        // A loss of 1 for the labels themselves and 3 for the partners'.
        Tensor loss = mixed.Loss(given => full([], ReferenceEquals(given, mixed.Labels) ? 1 : 3, ScalarType.Float32));
        Assert.Equal(lambda + 3 * (1 - lambda), loss.Item(), 1e-6);
        Assert.Equal(precision.Layout() == memory_format.contiguous_format, mixed.Images.is_contiguous());
    }

    [Fact]
    public void Repeated_augmentation_shows_each_example_twice_and_differently()
    {
        using var scope = NewDisposeScope();
        var options = new TrainOptions { BatchSize = 16, RepeatedAugmentation = true };
        TrainingBatch once = Batches(options with { RepeatedAugmentation = false }).At(3), twice = Batches(options).At(3);
        Assert.Equal([32, 3, 8, 8], twice.Images.shape);
        Assert.Equal(twice.Labels.ToArray<long>()[..16], twice.Labels.ToArray<long>()[16..]);
        float[] all = twice.Images.ToArray<float>(), first = once.Images.ToArray<float>();
        Assert.Equal(first, all[..first.Length]);
        Assert.NotEqual(first, all[first.Length..]);
    }

    [Fact]
    public void Randaug_comes_before_crop_and_flip()
    {
        using var scope = NewDisposeScope();
        var options = new TrainOptions { BatchSize = 16, RandAugments = true };
        Assert.NotEqual(Batches(options with { RandAugments = false }).At(3).Images.ToArray<float>(), Batches(options).At(3).Images.ToArray<float>());
        // A border of at least one black row or column comes from the crop alone; inversion after it would make it white.
        TrainingBatch batch = Batches(options, padding: 8).At(3);
        float[] images = batch.Images.ToArray<float>();
        Assert.Contains(0f, images);
    }

    [Fact]
    public void What_cannot_be_augmented_is_refused()
    {
        var images = new ImageSet(Shape, new float[Count * Shape.Size], [.. Enumerable.Range(0, Count).Select(i => i % 4)], 4);
        var data = new ImageData("npz:data.npz", images, images);
        Assert.Contains("--randaug", Assert.Throws<UsageException>(() => new TrainingBatches(new TrainOptions { RandAugments = true, BatchSize = 16 }, data, DataSplit.Create(data, 0, new SplitOptions()), CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contradictory_options_are_told()
    {
        Assert.Contains(new TrainOptions { RandAugments = true, NoAugmentation = true }.Problems(), problem => problem.Contains("contradict", StringComparison.Ordinal));
        Assert.Contains(new TrainOptions { MixupAlpha = double.NaN }.Problems(), problem => problem.Contains("--mixup-p", StringComparison.Ordinal));
    }

    private static TrainingBatches Batches(TrainOptions options, int padding = 2)
    {
        var random = new Random(1);
        var pixels = new byte[Count * Shape.Size];
        random.NextBytes(pixels);
        var images = new ImageSet(Shape, pixels, [.. Enumerable.Range(0, Count).Select(i => i % 4)], 4);
        var data = new ImageData("any", images, images, new CropFlip(padding));
        return new TrainingBatches(options, data, DataSplit.Create(data, options.Seed, new SplitOptions()), CPU);
    }
}
