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
        using var scope = TensorScope.Begin();
        Classifier model = ModelCatalog.Create("resnet18", new ModelShape(3, size, size, classes, width));
        List<(string Name, Parameter Parameter)> parameters = [.. model.Parameters()];
        Assert.Equal(56, parameters.Count);
        Assert.Equal(expected, parameters.Sum(item => item.Parameter.Value.Count));
    }

    [Theory, InlineData(1, 5), InlineData(4, 10), InlineData(24, 7)]
    public void Resnet18_follows_the_formula_at_every_width(int width, int classes)
    {
        using var scope = TensorScope.Begin();
        Classifier model = ModelCatalog.Create("resnet18", new ModelShape(3, 32, 32, classes, width));
        long w = width;
        Assert.Equal((2724 * w * w) + (149 * w) + (8 * w * classes) + classes, model.Parameters().Sum(item => item.Parameter.Value.Count));
    }
}
