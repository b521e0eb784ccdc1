using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Weights;

public class WeightSpaceTests
{
    [Theory, InlineData(Precision.Float32), InlineData(Precision.BFloat16)]
    public void The_point_is_the_rounded_master_and_parameters_are_views_of_it(Precision precision)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 3);
        Dictionary<string, float[]> before = model.Parameters().ToDictionary(item => item.Name, item => item.Parameter.ToArray<float>());
        using var weights = new WeightSpace(model, precision);
        Assert.Equal(before.Values.Sum(values => values.Length), weights.Count);
        foreach ((string name, Parameter parameter, nn.Module owner) in model.OwnedParameters())
        {
            WeightSlot slot = weights.Slots.Single(item => item.Name == name);
            Assert.Equal(before[name], weights.MasterOf(slot).ToArray<float>());
            ScalarType expected = precision == Precision.BFloat16 && ParameterRoles.Of(parameter, owner) != ParameterRole.Normalization ? ScalarType.BFloat16 : ScalarType.Float32;
            Assert.Equal(expected, parameter.dtype);
            float[] rounded = Tensor.From(before[name]).To(expected).To(ScalarType.Float32).ToArray<float>();
            Assert.Equal(rounded, parameter.flatten().To(ScalarType.Float32).ToArray<float>());
        }
    }

    [Theory, InlineData(Precision.BFloat16), InlineData(Precision.Float32)]
    public void Convolution_weights_lie_as_the_kernels_read_them(Precision precision)
    {
        // PyTorch's order in float32, unless its convolutions are wrong on this processor (docs/decisions/0029).
        long[] strides = precision == Precision.Float32 && LibtorchConvolution.IsTrusted ? [27, 9, 3, 1] : [27, 1, 9, 3];
        using var scope = NewDisposeScope();
        var model = new Convolution(3, 5, 3, bias: false);
        using var weights = new WeightSpace(model, precision);
        Assert.Equal(strides, model.Weight.stride());
    }

    [Theory, InlineData(Precision.Float32, 1e-6), InlineData(Precision.BFloat16, 5e-3)]
    public void The_ascent_moves_the_point_by_the_scaled_gradient_and_leaves_w(Precision precision, double tolerance)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 1);
        using var weights = new WeightSpace(model, precision);
        float[][] master = Masters(weights);
        model.Loss(model.Images(7), model.Labels(7)).Backward();
        double norm = weights.GradientNorm();
        double expected = Math.Sqrt(weights.Segments.Sum(segment => segment.Gradient.To(ScalarType.Float64).pow(2).sum().Item()));
        Assert.Equal(expected, norm, tolerance: 1e-9 * expected);

        const double Rho = 0.5;
        weights.Ascend(Rho / norm);
        double moved = Math.Sqrt(weights.Segments.Sum(segment => (segment.Point.To(ScalarType.Float64) - segment.Master.To(ScalarType.Float64)).pow(2).sum().Item()));
        // Float32 rounds each weight by 2^-24 of itself; bfloat16 by 2^-9, at random, beside a perturbation of 0.5 in all.
        Assert.Equal(Rho, moved, Rho * tolerance * 4);
        Assert.Equal(master, Masters(weights));

        weights.ReturnToMaster();
        foreach (WeightSegment segment in weights.Segments)
        {
            Assert.Equal(segment.Master.To(segment.Point.dtype).To(ScalarType.Float32).ToArray<float>(), segment.Point.To(ScalarType.Float32).ToArray<float>());
        }
    }

    [Fact]
    public void Gradients_of_two_passes_add_up_until_they_are_set_to_zero()
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 1);
        using var weights = new WeightSpace(model, Precision.Float32);
        Tensor images = model.Images(7), labels = model.Labels(7);
        model.Loss(images, labels).Backward();
        double once = weights.GradientNorm();
        model.Loss(images, labels).Backward();
        Assert.Equal(2 * once, weights.GradientNorm(), 1e-5 * once);
        weights.ZeroGradient();
        Assert.Equal(0, weights.GradientNorm());
    }

    private static float[][] Masters(WeightSpace weights) => [.. weights.Segments.Select(segment => segment.Master.ToArray<float>())];
}
