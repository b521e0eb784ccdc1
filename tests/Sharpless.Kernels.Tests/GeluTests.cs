using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

/// <summary>Both forms against formulas in C#, with the kernels and without.</summary>
public class GeluTests
{
    // Away from 0 in both directions, where the tails of the distribution are tiny; an odd number, which no vector fills.
    private static readonly double[] Points = [.. Enumerable.Range(0, 4099).Select(i => (i - 2049) / 250.0)];

    [Theory]
    [InlineData(ScalarType.Float32, 2e-6)]
    [InlineData(ScalarType.BFloat16, 1.0 / 256)] // half a unit in the last place
    [InlineData(ScalarType.Float64, 1e-12)] // of Simpson's rule
    public void The_exact_form_and_its_derivative_are_those_of_the_normal_distribution(
        ScalarType type,
        double tolerance
    ) =>
        AssertForm(type, tolerance, x => Fused.Gelu(x), x => x * Distribution(x), x =>
            Distribution(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI))
        );

    [Theory]
    [InlineData(ScalarType.Float32, 2e-6)]
    [InlineData(ScalarType.BFloat16, 1.0 / 256)]
    [InlineData(ScalarType.Float64, 1e-12)]
    public void The_form_by_tanh_and_its_derivative_are_those_of_the_formula(ScalarType type, double tolerance) =>
        AssertForm(type, tolerance, x => Fused.Gelu(x, byTanh: true), x => x * Weight(x), x =>
            Weight(x) + (x * Weight(x) * (1 - Weight(x)) * Inner(1 + (3 * 0.044715 * x * x)))
        );

    [Theory, InlineData(true, true), InlineData(false, true), InlineData(true, false), InlineData(false, false)]
    public void Extreme_values_stay_what_they_are(bool byTanh, bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Tensor x = tensor(new[] { 0f, -0f, 1e30f, -1e30f, 200f, -200f, float.PositiveInfinity, float.NaN });
        float[] values = Fused.Gelu(x, byTanh).data<float>().ToArray();
        Assert.Equal([0f, -0f, 1e30f], values[..3]);
        Assert.Equal(0, values[3], 1e-6);
        Assert.Equal(200, values[4]);
        Assert.Equal(0, values[5], 1e-6);
        if (hasKernels) // libtorch 2.10 makes NaN of infinity in one of the forms
            Assert.Equal(float.PositiveInfinity, values[6]);
        Assert.True(float.IsNaN(values[7]));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Second_derivatives_agree_with_finite_differences(bool byTanh)
    {
        using DisposeScope scope = NewDisposeScope();
        float[] points = [-2.5f, -1, -0.25f, 0, 0.5f, 1.5f, 3];
        Tensor x = tensor(points).Leaf();
        Tensor strided = cat([x.view(7, 1), x.view(7, 1)], 1).select(1, 0);
        Tensor sum = Fused.Gelu(strided, byTanh).sum();
        Tensor first = autograd.grad([sum], [x], retain_graph: true, create_graph: true)[0];
        double[] second = Doubles(autograd.grad([first.sum()], [x])[0]);
        AutogradNode.ThrowIfFailed();
        for (int i = 0; i < points.Length; i++)
        {
            const double Step = 1e-4;
            double curvature = Value(points[i] + Step) - (2 * Value(points[i])) + Value(points[i] - Step);
            Assert.Equal(curvature / (Step * Step), second[i], 1e-5);
        }

        double Value(double at) => byTanh ? at * Weight(at) : at * Distribution(at);
    }

    [Fact]
    public void Transposed_and_strided_inputs_and_gradients_give_the_same_numbers()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(Points.Take(4096).Select(point => (float)point).ToArray()).view(64, 64),
            factors = x.abs() + 1;
        double[] expected = Gradient(x, factors);
        Assert.Equal(expected, Gradient(x.t().contiguous().t(), factors));
        Assert.Equal(expected, Gradient(x, factors.t().contiguous().t()));
        Assert.Equal(expected, Gradient(cat([x, x], 1).narrow(1, 0, 64), factors));
        // A gradient that is one number everywhere has strides of 0.
        Assert.Equal(Gradient(x, ones(64, 64)), Gradient(x, ones(1).expand(64, 64)));

        static double[] Gradient(Tensor x, Tensor factors)
        {
            Tensor leaf = x.Leaf();
            Fused.Gelu(leaf, byTanh: true).backward([factors]);
            AutogradNode.ThrowIfFailed();
            return Doubles(leaf.grad!.contiguous());
        }
    }

    [Fact]
    public void Any_shape_is_taken_and_whole_numbers_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal([0, 4], Fused.Gelu(ones(0, 4)).shape);
        Tensor number = tensor(1f).Leaf();
        Fused.Gelu(number).backward();
        Assert.Equal(1.0833155, number.grad!.item<float>(), 1e-6);
        string message = Assert.Throws<ArgumentException>(() => Fused.Gelu(ones(3, ScalarType.Int64))).Message;
        Assert.Contains("input is [3] Int64, expected a floating type", message, StringComparison.Ordinal);
    }

    private static void AssertForm(
        ScalarType type,
        double tolerance,
        Func<Tensor, Tensor> gelu,
        Func<double, double> value,
        Func<double, double> derivative
    )
    {
        foreach (bool hasKernels in new[] { true, false })
        {
            using DisposeScope scope = NewDisposeScope();
            using var kernels = new KernelSwitch(hasKernels);
            Tensor x = tensor(Points).to(type).Leaf();
            Tensor y = gelu(x);
            Assert.Equal(type, y.dtype);
            (y * 3).sum().backward();
            AutogradNode.ThrowIfFailed();
            double[] points = Doubles(x),
                values = Doubles(y),
                gradients = Doubles(x.grad!);
            // Relative to the result itself, so that the tail on the left counts; libtorch's formulas cancel there.
            double floor = hasKernels ? 1e-7 : 1e-6;
            for (int i = 0; i < points.Length; i++)
            {
                double expected = value(points[i]),
                    slope = 3 * derivative(points[i]);
                Assert.True(
                    Math.Abs(values[i] - expected) <= (tolerance * Math.Abs(expected)) + floor,
                    $"{points[i]}: {values[i]}, expected {expected}"
                );
                // libtorch multiplies its derivative with the gradient after rounding it.
                Assert.True(
                    Math.Abs(gradients[i] - slope) <= (tolerance * Math.Abs(slope)) + (10 * floor),
                    $"{points[i]}: derivative {gradients[i]}, expected {slope}"
                );
            }
        }
    }

    private static double[] Doubles(Tensor tensor) =>
        tensor.detach().to(ScalarType.Float64).data<double>().ToArray();

    private static double Weight(double x) => 0.5 * (1 + Math.Tanh(0.5 * Inner(x + (0.044715 * x * x * x))));

    private static double Inner(double x) => 2 * Math.Sqrt(2 / Math.PI) * x;

    // Simpson's rule from far on the left: independent of any formula for the error function.
    private static double Distribution(double x)
    {
        const double Left = -12;
        const int Steps = 2000;
        if (x <= Left)
            return 0;
        double step = (x - Left) / Steps,
            sum = 0;
        for (int i = 0; i <= Steps; i++)
        {
            double at = Left + (i * step);
            sum += (i == 0 || i == Steps ? 1
                    : i % 2 == 1 ? 4
                    : 2) * Math.Exp(-at * at / 2);
        }

        return sum * step / 3 / Math.Sqrt(2 * Math.PI);
    }
}
