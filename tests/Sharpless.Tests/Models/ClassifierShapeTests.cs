using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Models;

/// <summary>What comes out of the networks, for images of every size that the data sets have.</summary>
public class ClassifierShapeTests
{
    private const int Examples = 2;

    // Four stages of strides 1, 2, 2, 2, then means over 4x4 windows, or over all of a smaller map.
    [Theory]
    [InlineData(1, 16, 1)]
    [InlineData(3, 16, 1)]
    [InlineData(1, 28, 1)]
    [InlineData(3, 28, 1)]
    [InlineData(1, 32, 1)]
    [InlineData(3, 32, 1)]
    [InlineData(1, 64, 4)]
    [InlineData(3, 64, 4)]
    public void The_head_of_resnet18_fits_the_images(int channels, int size, int windows)
    {
        const int Width = 4;
        using var scope = NewDisposeScope();
        Classifier model = Drawn("resnet18", new ModelShape(channels, size, size, 10, Width));
        Assert.Equal([10, 8 * Width * windows], Weight(model, "linear.weight").shape);
        Assert.Equal([Examples, 10], model.forward(Images(channels, size)).shape);
    }

    [Theory, InlineData(1, 4, 1), InlineData(1, 28, 7), InlineData(3, 32, 8), InlineData(3, 30, 7)]
    public void The_head_of_the_classifier_fits_the_images(int channels, int size, int quarter)
    {
        const int Width = 4;
        using var scope = NewDisposeScope();
        Classifier model = Drawn("classifier", new ModelShape(channels, size, size, 10, Width));
        Assert.Equal([10, 2 * Width * quarter * quarter], Weight(model, "linear.weight").shape);
        Assert.Equal([Examples, 10], model.forward(Images(channels, size)).shape);
    }

    [Theory]
    [InlineData(32, 65_536, 32_768, 16_384, 8_192, 512)]
    [InlineData(64, 262_144, 131_072, 65_536, 32_768, 2_048)]
    public void Taps_of_resnet18_have_the_published_sizes(int size, params int[] expected)
    {
        using var scope = NewDisposeScope();
        Classifier model = Drawn("resnet18", new ModelShape(3, size, size, 10, 64));
        TapRecorder taps = new(model.Taps);
        _ = model.forward(Images(3, size), taps);
        Assert.Equal(["block1", "block2", "block3", "block4", "block5"], model.Taps);
        Assert.Equal(expected, model.Taps.Select(tap => (int)(taps.Activations[tap].NumberOfElements / Examples)));
        long side = size;
        Assert.Equal([Examples, 64, side, side], taps.Activations["block1"].shape);
        Assert.Equal([Examples, 512, side / 8, side / 8], taps.Activations["block4"].shape);
        Assert.Equal([Examples, 512 * (side / 32) * (side / 32)], taps.Activations["block5"].shape);
    }

    [Fact]
    public void Taps_of_the_classifier_are_its_two_activations()
    {
        using var scope = NewDisposeScope();
        Classifier model = Drawn("classifier", new ModelShape(1, 28, 28, 10, 4));
        TapRecorder taps = new(model.Taps);
        _ = model.forward(Images(1, 28), taps);
        Assert.Equal(["block1", "block2"], model.Taps);
        Assert.Equal([Examples, 4, 14, 14], taps.Activations["block1"].shape);
        Assert.Equal([Examples, 8, 7, 7], taps.Activations["block2"].shape);
    }

    [Fact]
    public void Residual_sums_are_read_before_the_activation_and_the_last_two_taps_after_it()
    {
        using var scope = NewDisposeScope();
        Classifier model = Drawn("resnet18", new ModelShape(3, 32, 32, 10, 4));
        TapRecorder taps = new(model.Taps);
        _ = model.forward(Images(3, 32), taps);
        Assert.All(new[] { "block1", "block2", "block3" }, tap => Assert.Contains(taps.Activations[tap].ToArray<float>(), value => value < 0));
        Assert.All(new[] { "block4", "block5" }, tap => Assert.DoesNotContain(taps.Activations[tap].ToArray<float>(), value => value < 0));
    }

    [Fact]
    public void Only_the_taps_that_are_asked_for_are_recorded()
    {
        using var scope = NewDisposeScope();
        TapRecorder taps = new(["block2", "block5"]);
        _ = Drawn("resnet18", new ModelShape(1, 16, 16, 10, 4)).forward(Images(1, 16), taps);
        Assert.Equal(["block2", "block5"], taps.Activations.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Two_classes_share_one_logit_beside_zero()
    {
        using var scope = NewDisposeScope();
        Classifier model = Drawn("resnet18", new ModelShape(3, 32, 32, 2, 4));
        TapRecorder taps = new(["block5"]);
        float[] logits = model.forward(Images(3, 32), taps).ToArray<float>();
        float[] features = taps.Activations["block5"].ToArray<float>(), weight = Weight(model, "linear.weight").ToArray<float>();
        float bias = Weight(model, "linear.bias").ToArray<float>().Single();
        Assert.Equal(2 * Examples, logits.Length);
        for (int example = 0; example < Examples; example++)
        {
            double z = bias + weight.Select((w, i) => (double)w * features[(example * weight.Length) + i]).Sum();
            Assert.NotEqual(0, z);
            Assert.Equal(0, logits[2 * example]);
            Assert.Equal(z, logits[(2 * example) + 1], tolerance: 1e-5);
        }
    }

    [Theory, InlineData(3, 28), InlineData(28, 3)]
    public void Images_too_small_to_be_halved_twice_are_refused(int height, int width)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => ModelCatalog.Create("classifier", new ModelShape(1, height, width, 10, 4)));
        Assert.Contains($"Images of {height}x{width} are too small for 'classifier'", error.Message, StringComparison.Ordinal);
        Assert.Contains("4x4 or more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_models_and_taps_are_refused_with_the_known_ones()
    {
        using var scope = NewDisposeScope();
        var shape = new ModelShape(1, 28, 28, 10, 4);
        ArgumentException model = Assert.Throws<ArgumentException>(() => ModelCatalog.Create("resnet19", shape));
        Assert.Contains("'resnet19'; known: resnet18, classifier", model.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ModelCatalog.Create("resnet18", shape with { Width = 0 }));
        UsageException tap = Assert.Throws<UsageException>(() => ModelCatalog.Create("classifier", shape).RequireTaps(["block1", "block5"]));
        Assert.Contains("'block5'", tap.Message, StringComparison.Ordinal);
        Assert.Contains("block1, block2", tap.Hint, StringComparison.Ordinal);
    }

    private static Classifier Drawn(string name, ModelShape shape)
    {
        Classifier model = ModelCatalog.Create(name, shape);
        using var generator = Generator.Seeded(1);
        model.Initialize(generator);
        model.train(false);
        return model;
    }

    private static Tensor Images(int channels, int size)
    {
        using var generator = Generator.Seeded(2);
        Tensor images = Tensor.Empty([Examples, channels, size, size]);
        images.normal_(0, 1, generator);
        return images;
    }

    private static Parameter Weight(Classifier model, string name) => model.Parameters().Single(item => item.Name == name).Parameter;
}
