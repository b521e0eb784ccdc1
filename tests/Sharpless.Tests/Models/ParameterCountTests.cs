using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Models;

/// <summary>Sizes of the published networks: 2724 w^2 + 149 w + f w C + C weights, where f w is the size of the pooled features.</summary>
public class ParameterCountTests
{
    [Theory]
    [InlineData(64, 10, 32, 11_172_170)]
    [InlineData(64, 100, 32, 11_218_340)]
    [InlineData(64, 2, 32, 11_167_553)]
    [InlineData(64, 200, 64, 11_576_840)]
    [InlineData(16, 10, 32, 701_018)]
    public void Resnet18_has_as_many_weights_as_published(int width, int classes, int size, long expected)
    {
        using var scope = NewDisposeScope();
        Classifier model = ModelCatalog.Create("resnet18", new ModelShape(3, size, size, classes, width));
        List<(string Name, Parameter Parameter)> parameters = [.. model.Parameters()];
        Assert.Equal(56, parameters.Count);
        Assert.Equal(expected, parameters.Sum(item => item.Parameter.NumberOfElements));
    }

    [Theory]
    [InlineData("resnet18_gn", 64, 10, 32, 11_172_170, 56)]
    [InlineData("resnet18_plain", 64, 10, 32, 11_173_962, 62)]
    [InlineData("resnet18_plain", 64, 100, 32, 11_220_132, 62)]
    [InlineData("resnet18_plain", 16, 10, 32, 701_466, 62)]
    [InlineData("resnet34preact", 64, 10, 32, 21_280_330, 104)]
    [InlineData("resnet34preact", 64, 100, 32, 21_326_500, 104)]
    [InlineData("resnet34preact", 64, 200, 64, 21_685_000, 104)]
    [InlineData("resnet34_gn", 64, 10, 32, 21_280_330, 104)] // normalizations of both kinds have a scale and a shift for each channel
    [InlineData("resnet34_gn", 64, 100, 32, 21_326_500, 104)]
    [InlineData("resnet34", 64, 10, 32, 21_282_122, 110)]
    [InlineData("resnet34_plain", 64, 100, 32, 21_328_292, 110)]
    [InlineData("resnet_tiny", 64, 10, 32, 4_901_450, 32)]
    [InlineData("resnet_tiny", 64, 100, 32, 4_947_620, 32)]
    [InlineData("resnet_tiny_gn", 16, 10, 32, 308_378, 32)]
    [InlineData("wrn28", 10, 10, 32, 36_479_194, 80)]
    [InlineData("wrn28", 10, 100, 32, 36_536_884, 80)]
    [InlineData("vgg16", 64, 10, 32, 15_245_130, 32)]
    [InlineData("vgg16_act_reg", 64, 100, 32, 15_291_300, 32)]
    [InlineData("densenet40", 12, 10, 32, 176_122, 119)]
    [InlineData("densenet40", 12, 100, 32, 188_092, 119)]
    [InlineData("densenet100", 12, 10, 32, 769_162, 299)]
    [InlineData("densenet100", 12, 100, 32, 800_032, 299)]
    [InlineData("vit_basic", 256, 10, 32, 7_909_738, 78)]
    [InlineData("vit_exp", 256, 10, 32, 7_891_306, 70)]
    [InlineData("vit_exp", 64, 100, 32, (24 * 64 * 64) + (24_671 * 64) + 96 + (65 * 100), 70)]
    [InlineData("lenet", 6, 10, 32, 62_006, 10)] // LeNet-5 for 3x32x32, as in the tutorials of PyTorch
    [InlineData("linear", 1, 10, 32, 30_720, 1)]
    [InlineData("linear", 1, 2, 32, 3_072, 1)]
    public void Every_network_has_as_many_weights_as_published(string name, int width, int classes, int size, long expected, int tensors)
    {
        using var scope = NewDisposeScope();
        List<(string Name, Parameter Parameter)> parameters = [.. ModelCatalog.Create(name, new ModelShape(3, size, size, classes, width)).Parameters()];
        Assert.Equal(expected, parameters.Sum(item => item.Parameter.NumberOfElements));
        Assert.Equal(tensors, parameters.Count);
    }

    [Theory, InlineData(1, 5), InlineData(4, 10), InlineData(24, 7)]
    public void Resnet18_follows_the_formula_at_every_width(int width, int classes)
    {
        using var scope = NewDisposeScope();
        Classifier model = ModelCatalog.Create("resnet18", new ModelShape(3, 32, 32, classes, width));
        long w = width;
        Assert.Equal((2724 * w * w) + (149 * w) + (8 * w * classes) + classes, model.Parameters().Sum(item => item.Parameter.NumberOfElements));
    }
}
