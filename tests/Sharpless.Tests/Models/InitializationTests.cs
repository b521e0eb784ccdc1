using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Models;

/// <summary>The first weights have the published distributions; moments are compared within six standard errors of their sample.</summary>
public class InitializationTests
{
    [Fact]
    public void Convolutions_of_resnet18_are_kaiming_normal_by_fan_out()
    {
        using var scope = NewDisposeScope();
        foreach ((string name, Tensor weight) in Drawn("resnet18").Where(item => item.Tensor.Dimensions == 4))
        {
            double variance = 2.0 / (weight.size(0) * weight.size(2) * weight.size(3));
            // Of n normal numbers: the mean varies by sigma / sqrt(n), the variance by sigma^2 sqrt(2 / n).
            Moments(name, weight.ToArray<float>(), variance, Math.Sqrt(2.0 / weight.NumberOfElements));
        }
    }

    [Fact]
    public void The_head_of_resnet18_is_uniform_by_fan_in_without_a_bias()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> state = Drawn("resnet18").ToDictionary(item => item.Name, item => item.Tensor);
        Uniform("linear.weight", state["linear.weight"], 512);
        Assert.All(state["linear.bias"].ToArray<float>(), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData("resnet18_gn", 16)]
    [InlineData("resnet18_plain", 16)]
    [InlineData("resnet34preact", 16)]
    [InlineData("resnet_tiny", 16)]
    [InlineData("wrn28", 2)]
    [InlineData("densenet40", 12)]
    [InlineData("vgg16", 16)]
    [InlineData("lenet", 12)]
    [InlineData("cnn", 16)]
    [InlineData("fc", 64)]
    public void Networks_start_as_published_and_their_biases_at_zero(string model, int width)
    {
        using var scope = NewDisposeScope();
        foreach ((string name, Tensor tensor) in Drawn(model, width: width))
        {
            switch (tensor.Dimensions)
            {
                case 4: Moments(name, tensor.ToArray<float>(), 2.0 / (tensor.size(0) * tensor.size(2) * tensor.size(3)), Math.Sqrt(2.0 / tensor.NumberOfElements)); break;
                case 2: Uniform(name, tensor, (int)tensor.size(1)); break;
                default:
                    float expected = name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith(".running_var", StringComparison.Ordinal) ? 1 : 0;
                    Assert.All(tensor.ToArray<float>(), value => Assert.Equal(expected, value));
                    break;
            }
        }
    }

    [Theory, InlineData("vit_basic"), InlineData("vit_exp")]
    public void Transformers_start_as_pytorch_draws_their_layers(string model)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> state = Drawn(model, width: 32).ToDictionary(item => item.Name, item => item.Tensor);
        foreach ((string name, Tensor tensor) in state)
        {
            if (name is "pos_embedding" or "cls_token") Moments(name, tensor.ToArray<float>(), 1, Math.Sqrt(2.0 / tensor.NumberOfElements));
            else if (tensor.Dimensions == 2) Uniform(name, tensor, (int)tensor.size(1));
            else if (state.TryGetValue(name.Replace(".bias", ".weight", StringComparison.Ordinal), out Tensor? weight) && weight.Dimensions == 2) Uniform(name, tensor, (int)weight.size(1));
            else Assert.All(tensor.ToArray<float>(), value => Assert.Equal(name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0, value));
        }
    }

    [Theory, InlineData(0), InlineData(2.5)]
    public void The_linear_classifier_starts_with_the_norm_that_was_asked_for(double norm)
    {
        using var scope = NewDisposeScope();
        Classifier model = ModelCatalog.Create("linear", new ModelShape(3, 8, 8, 10, 1), options: new ModelOptions { InitialNorm = norm });
        using var generator = Generator.Seeded(1);
        model.Initialize(generator);
        float[] weight = ModuleState.Of(model).Single().Tensor.ToArray<float>();
        Assert.Equal(norm, Math.Sqrt(weight.Sum(value => (double)value * value)), 1e-5);
        Assert.All(weight, value => Assert.True(norm > 0 ? value != 0 : value == 0 && !float.IsNegative(value)));
    }

    [Theory, InlineData("resnet18"), InlineData("classifier")]
    public void Normalizations_start_as_the_identity(string model)
    {
        using var scope = NewDisposeScope();
        List<(string Name, Tensor Tensor)> state = [.. Drawn(model).Where(item => item.Name.Contains("bn", StringComparison.Ordinal))];
        Assert.NotEmpty(state);
        foreach ((string name, Tensor tensor) in state)
        {
            float expected = name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith(".running_var", StringComparison.Ordinal) ? 1 : 0;
            Assert.All(tensor.ToArray<float>(), value => Assert.Equal(expected, value));
        }
    }

    [Fact]
    public void The_classifier_starts_as_pytorch_draws_its_layers()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> state = Drawn("classifier").ToDictionary(item => item.Name, item => item.Tensor);
        (string Layer, int FanIn)[] layers = [("conv1", 3 * 4 * 4), ("conv2", 64 * 4 * 4), ("linear", 128 * 8 * 8)];
        foreach ((string layer, int fanIn) in layers)
        {
            Uniform($"{layer}.weight", state[$"{layer}.weight"], fanIn);
            float[] bias = state[$"{layer}.bias"].ToArray<float>();
            Assert.All(bias, value => Assert.InRange(Math.Abs(value), 0, 1 / Math.Sqrt(fanIn)));
            Assert.Contains(bias, value => value != 0);
        }
    }

    [Theory, InlineData("resnet18"), InlineData("classifier")]
    public void The_seed_alone_decides(string model)
    {
        using var scope = NewDisposeScope();
        float[] first = First(7), again = First(7), other = First(8);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);

        float[] First(int seed) => Drawn(model, seed)[0].Tensor.ToArray<float>();
    }

    private static IReadOnlyList<(string Name, Tensor Tensor)> Drawn(string name, int seed = 5, int width = 64)
    {
        Classifier model = ModelCatalog.Create(name, new ModelShape(3, 32, 32, 10, width));
        using var generator = Generator.Seeded(seed);
        model.Initialize(generator);
        return ModuleState.Of(model);
    }

    private static void Uniform(string name, Tensor weight, int fanIn)
    {
        double bound = 1 / Math.Sqrt(fanIn);
        float[] values = weight.ToArray<float>();
        Assert.All(values, value => Assert.InRange(value, -bound * (1 + 1e-6), bound * (1 + 1e-6)));
        // The variance of a uniform sample varies by sigma^2 sqrt(0.8 / n).
        Moments(name, values, bound * bound / 3, Math.Sqrt(0.8 / values.Length));
    }

    private static void Moments(string name, float[] values, double variance, double errorOfVariance)
    {
        double mean = values.Average(value => (double)value), measured = values.Average(value => (double)value * value);
        Assert.True(Math.Abs(mean) <= 6 * Math.Sqrt(variance / values.Length), $"{name}: mean {mean}, expected 0 within sampling error.");
        Assert.True(Math.Abs((measured / variance) - 1) <= 6 * errorOfVariance, $"{name}: variance {measured}, expected {variance} within {6 * errorOfVariance:P1}.");
    }
}
