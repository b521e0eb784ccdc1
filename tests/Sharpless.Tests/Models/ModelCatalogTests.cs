using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Models;

/// <summary>What each network of the catalog takes, what it refuses, and what it offers to look at.</summary>
public class ModelCatalogTests
{
    private const int Examples = 2;
    private static readonly int[] Sides = [8, 16, 28, 32, 64];

    public static TheoryData<string> Names => [.. ModelCatalog.Names];

    // The choices of the published program, in its order. The help lists the catalog's names themselves.
    [Fact]
    public void Every_published_name_is_a_model()
    {
        string[] published =
        [
            "vit_basic", "vit_exp", "densenet40", "densenet100", "vgg16", "vgg16_act_reg", "resnet18", "resnet18_plain", "resnet18_gn", "resnet_tiny", "resnet_tiny_gn",
            "resnet34", "resnet34_plain", "resnet34preact", "resnet34_gn", "wrn28", "lenet", "cnn", "fc", "linear",
        ];
        Assert.Equal(["classifier"], ModelCatalog.Names.Except(published));
        Assert.Empty(published.Except(ModelCatalog.Names));
    }

    [Fact]
    public void The_readme_names_every_model()
    {
        string readme = File.ReadAllText(Path.Combine(Path.GetDirectoryName(GoldenFiles.PathOf("models", "make.py"))!, "..", "..", "..", "README.md"));
        string list = readme.Split('\n').Single(line => line.StartsWith("Models, with taps", StringComparison.Ordinal));
        Assert.All(ModelCatalog.Names, name => Assert.True(IsNamed(name, name.Length) || Enumerable.Range(1, name.Length - 1).Any(cut => name[cut] == '_' && IsNamed(name, cut)), name));

        // `resnet18` (with `_gn`) stands for two names.
        bool IsNamed(string name, int cut) => list.Contains($"`{name[..cut]}`", StringComparison.Ordinal) && (cut == name.Length || list.Contains($"`{name[cut..]}`", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Names))]
    public void Heads_fit_images_of_every_size_and_taps_lead_to_them(string name)
    {
        using var scope = NewDisposeScope();
        foreach (int side in Sides.Where(side => side >= (name == "lenet" ? 16 : 8)))
        {
            foreach (int channels in new[] { 1, 3 })
            {
                Classifier model = Drawn(name, new ModelShape(channels, side, side, 5, 8));
                TapRecorder taps = new([.. model.Taps, .. model.ReluTaps]);
                Assert.Equal([Examples, 5], model.forward(Images(channels, side), taps).shape);
                Assert.Equal(model.Taps.Concat(model.ReluTaps).Order(), taps.Activations.Keys.Order());
                Assert.All(taps.Activations.Values, activation => Assert.Equal(Examples, activation.size(0)));
                Assert.All(model.ReluTaps, tap => Assert.DoesNotContain(taps.Activations[tap].ToArray<float>(), value => value < 0));
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void The_last_tap_is_what_the_head_reads(string name)
    {
        using var scope = NewDisposeScope();
        Classifier model = Drawn(name, new ModelShape(3, 32, 32, 5, 8));
        TapRecorder taps = new(model.Taps);
        _ = model.forward(Images(3, 32), taps);
        (_, Parameter head) = model.Parameters().Last(item => item.Parameter.Dimensions == 2);
        Assert.Equal(head.size(1), taps.Activations[model.Taps[^1]].NumberOfElements / Examples);
    }

    [Theory]
    [InlineData("resnet_tiny", 1)]
    [InlineData("resnet18_gn", 1)]
    [InlineData("resnet34_gn", 1)]
    [InlineData("resnet34preact", 1)]
    [InlineData("linear", 1)]
    [InlineData("resnet18_plain", 2)]
    [InlineData("wrn28", 2)]
    [InlineData("densenet40", 2)]
    [InlineData("vgg16", 2)]
    [InlineData("vit_exp", 2)]
    public void Two_classes_take_one_output_where_the_published_network_does(string name, int outputs)
    {
        using var scope = NewDisposeScope();
        Classifier model = Drawn(name, new ModelShape(3, 32, 32, 2, 8));
        Assert.Equal(outputs, model.Parameters().Last(item => item.Parameter.Dimensions == 2).Parameter.size(0));
        float[] logits = model.forward(Images(3, 32)).ToArray<float>();
        Assert.Equal(2 * Examples, logits.Length);
        if (outputs == 1) Assert.Equal([0, 0], logits.Where((_, i) => i % 2 == 0));
    }

    [Fact]
    public void Densenets_return_log_probabilities()
    {
        using var scope = NewDisposeScope();
        float[] sums = Drawn("densenet40", new ModelShape(3, 32, 32, 5, 4)).forward(Images(3, 32)).exp().sum(1).ToArray<float>();
        Assert.All(sums, sum => Assert.Equal(1, sum, 1e-5));
    }

    [Fact]
    public void Vgg_offers_every_relu_for_penalties_on_activations()
    {
        using var scope = NewDisposeScope();
        Classifier model = Drawn("vgg16_act_reg", new ModelShape(3, 32, 32, 5, 4));
        Assert.Equal(Enumerable.Range(1, 15).Select(i => $"relu{i}"), model.ReluTaps);
        model.RequireTaps(["block5", "relu3"]);
        TapRecorder taps = new(["relu2"]);
        _ = model.forward(Images(3, 32), taps);
        (taps.Activations["relu2"] * taps.Activations["relu2"]).mean().Backward();
        // Only the layers before it are asked for a gradient.
        Assert.Equal(["features.0.bias", "features.0.weight", "features.2.bias", "features.2.weight"], model.Parameters().Where(item => item.Parameter.grad is not null).Select(item => item.Name).Order());
    }

    [Theory]
    [InlineData("resnet18", 64), InlineData("resnet34_plain", 64), InlineData("vgg16", 64), InlineData("wrn28", 10), InlineData("densenet100", 12), InlineData("vit_basic", 256), InlineData("lenet", 6)]
    public void Every_network_has_a_width_of_its_own(string name, int width) => Assert.Equal(width, ModelCatalog.DefaultWidthOf(name));

    [Theory]
    [InlineData("lenet", 15, "too small for 'lenet'; it needs 16x16 or more")]
    [InlineData("cnn", 7, "too small for 'cnn'; it needs 8x8 or more")]
    [InlineData("densenet40", 3, "too small for 'densenet40'")]
    [InlineData("vit_basic", 30, "multiples of 4")]
    public void Images_that_do_not_fit_are_refused(string name, int side, string expected)
    {
        string message = Assert.Throws<ArgumentException>(() => ModelCatalog.Create(name, new ModelShape(3, side, side, 10, 8))).Message;
        Assert.Contains($"Images of {side}x{side} ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet18_gn", 7, "for resnet18_gn it must be 2 or more and a multiple of 2")]
    [InlineData("resnet34_gn", 1, "for resnet34_gn it must be 2 or more and a multiple of 2")]
    [InlineData("vit_exp", 4, "for vit_exp it must be 8 or more and a multiple of 4")]
    [InlineData("vit_exp", 30, "for vit_exp it must be 8 or more and a multiple of 4")]
    [InlineData("vgg16", 0, "for vgg16 it must be 1 or more.")]
    [InlineData("resnet19", 4, "There is no model 'resnet19'")]
    public void Widths_that_do_not_fit_are_told(string name, int width, string expected) =>
        Assert.Contains(expected, Assert.Single(ModelCatalog.Problems(name, width, new ModelOptions())), StringComparison.Ordinal);

    [Fact]
    public void Options_without_an_effect_are_told_with_the_models_that_take_them()
    {
        var softplus = new ModelOptions { Activation = new BlockActivation(20) };
        Assert.Empty(ModelCatalog.Problems("wrn28", 8, softplus with { DropRate = 0.3 }));
        Assert.Contains("--activation softplus20 has no effect on vgg16: only the blocks of resnet18, ", Assert.Single(ModelCatalog.Problems("vgg16", 8, softplus)), StringComparison.Ordinal);
        Assert.Contains("--droprate has no effect on vit_basic", Assert.Single(ModelCatalog.Problems("vit_basic", 8, new ModelOptions { DropRate = 0.1 })), StringComparison.Ordinal);
        Assert.Contains("--scale-init has no effect on resnet18, only on linear", Assert.Single(ModelCatalog.Problems("resnet18", 8, new ModelOptions { InitialNorm = 1 })), StringComparison.Ordinal);
        Assert.Contains("from 0 to below 1", Assert.Single(ModelCatalog.Problems("resnet18", 8, new ModelOptions { DropRate = double.NaN })), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ModelCatalog.Create("vgg16", new ModelShape(3, 32, 32, 10, 4), options: softplus));
    }

    [Theory, InlineData("relu", null), InlineData("softplus1", 1), InlineData("softplus20", 20)]
    public void Activations_are_read_by_name(string name, int? beta)
    {
        Assert.True(BlockActivation.TryParse(name, out BlockActivation? activation));
        Assert.Equal((beta, name), (activation.SoftplusBeta, activation.ToString()));
    }

    [Theory, InlineData(""), InlineData("gelu"), InlineData("softplus"), InlineData("softplus0"), InlineData("softplus-1"), InlineData("softplus2.5"), InlineData("softplus 2")]
    public void Other_activations_are_none(string name) => Assert.False(BlockActivation.TryParse(name, out _));

    [Fact]
    public void Dropout_acts_inside_the_blocks_in_training_alone()
    {
        using var scope = NewDisposeScope();
        var shape = new ModelShape(3, 16, 16, 5, 8);
        Classifier plain = Drawn("resnet_tiny", shape), dropping = Drawn("resnet_tiny", shape, new ModelOptions { DropRate = 0.5 });
        Assert.Equal(plain.forward(Images(3, 16)).ToArray<float>(), dropping.forward(Images(3, 16)).ToArray<float>());
        plain.train();
        dropping.train();
        Runtime.Seed(1);
        float[] first = dropping.forward(Images(3, 16)).ToArray<float>(), second = dropping.forward(Images(3, 16)).ToArray<float>();
        Assert.NotEqual(plain.forward(Images(3, 16)).ToArray<float>(), first);
        Assert.NotEqual(first, second);
        Runtime.Seed(1);
        Assert.Equal(first, dropping.forward(Images(3, 16)).ToArray<float>());
    }

    private static Classifier Drawn(string name, ModelShape shape, ModelOptions? options = null)
    {
        Classifier model = ModelCatalog.Create(name, shape, options: options ?? new ModelOptions { InitialNorm = name == "linear" ? 1 : 0 });
        using var generator = Generator.Seeded(1);
        model.Initialize(generator);
        model.train(false);
        return model;
    }

    private static Tensor Images(int channels, int side)
    {
        using var generator = Generator.Seeded(2);
        Tensor images = Tensor.Empty([Examples, channels, side, side]);
        images.normal_(0, 1, generator);
        return images;
    }

    [Fact]
    public void What_a_model_normalizes_with_is_what_its_layers_are()
    {
        foreach (string name in ModelCatalog.Names)
        {
            using var scope = NewDisposeScope();
            Classifier model = ModelCatalog.Create(name, new ModelShape(3, 32, 32, 10, ModelCatalog.TellingWidthsOf(name).First()));
            Assert.True(ModelCatalog.HasBatchNorm(name) == model.All().OfType<Sharpless.Torch.Modules.BatchNorm>().Any(), name);
            Assert.True(ModelCatalog.HasNormalization(name) == model.OwnedParameters().Any(item => ParameterRoles.Of(item.Parameter, item.Owner) == ParameterRole.Normalization), name);
        }
    }
}
