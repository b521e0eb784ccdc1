using Sharpless.Kernels;
using Sharpless.Torch;

namespace Sharpless.Torch.Tests.Kernels;

public class GeluTests
{
    // Away from 0 in both directions, where the tails of the distribution are tiny, and an odd number of them: no vector holds all.
    private static readonly double[] Points = [.. Enumerable.Range(0, 4099).Select(i => (i - 2049) / 250.0)];

    [Theory]
    [InlineData(ScalarType.Float32, 2e-6)]
    [InlineData(ScalarType.BFloat16, 1.0 / 256)] // half a unit in the last place
    public void The_exact_form_and_its_derivative_are_those_of_the_normal_distribution(ScalarType type, double tolerance) =>
        AssertForm(type, tolerance, x => Fused.Gelu(x), x => x * Distribution(x), x => Distribution(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI)));

    [Theory]
    [InlineData(ScalarType.Float32, 2e-6)]
    [InlineData(ScalarType.BFloat16, 1.0 / 256)]
    public void The_form_by_tanh_and_its_derivative_are_those_of_the_formula(ScalarType type, double tolerance) =>
        AssertForm(type, tolerance, x => Fused.Gelu(x, byTanh: true), x => x * Weight(x), x => Weight(x) + (x * Weight(x) * (1 - Weight(x)) * Inner(1 + (3 * 0.044715 * x * x))));

    [Theory, InlineData(true), InlineData(false)]
    public void Extreme_values_stay_what_they_are(bool byTanh)
    {
        using var scope = NewDisposeScope();
        Tensor x = Tensor.From([0f, -0f, 1e30f, -1e30f, 200f, -200f, float.PositiveInfinity, float.NaN]);
        float[] values = (byTanh ? Fused.Gelu(x, byTanh: true) : Fused.Gelu(x)).ToArray<float>();
        Assert.Equal([0f, -0f, 1e30f], values[..3]);
        Assert.Equal(0, values[3], 1e-6);
        Assert.Equal(200, values[4]);
        Assert.Equal(0, values[5], 1e-6);
        Assert.Equal(float.PositiveInfinity, values[6]);
        Assert.True(float.IsNaN(values[7]));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Second_derivatives_agree_with_finite_differences(bool byTanh)
    {
        using var scope = NewDisposeScope();
        float[] points = [-2.5f, -1, -0.25f, 0, 0.5f, 1.5f, 3];
        Tensor x = Tensor.From(points);
        x.requires_grad = true;
        Tensor strided = cat([x.reshape(7, 1), x.reshape(7, 1)], 1).select(1, 0);
        Tensor first = (byTanh ? Fused.Gelu(strided, byTanh: true) : Fused.Gelu(strided)).sum().Gradients([x], createGraph: true)[0]!;
        double[] second = first.sum().Gradients([x])[0]!.To(ScalarType.Float64).ToArray<double>();
        for (int i = 0; i < points.Length; i++)
        {
            const double Step = 1e-4;
            double Value(double at) => byTanh ? at * Weight(at) : at * Distribution(at);
            Assert.Equal((Value(points[i] + Step) - (2 * Value(points[i])) + Value(points[i] - Step)) / (Step * Step), second[i], 1e-5);
        }
    }

    [Fact]
    public void Transposed_and_strided_inputs_and_gradients_give_the_same_numbers()
    {
        using var scope = NewDisposeScope();
        Tensor x = Tensor.From([.. Points.Take(4096).Select(point => (float)point)]).reshape(64, 64), factors = x.abs() + 1;
        double[] expected = Gradient(x, factors);
        Assert.Equal(expected, Gradient(x.transpose(0, 1).Contiguous().transpose(0, 1), factors));
        Assert.Equal(expected, Gradient(x, factors.transpose(0, 1).Contiguous().transpose(0, 1)));
        Assert.Equal(expected, Gradient(cat([x, x], 1).narrow(1, 0, 64), factors));

        static double[] Gradient(Tensor x, Tensor factors)
        {
            Tensor leaf = x.detach();
            leaf.requires_grad = true;
            return (Fused.Gelu(leaf, byTanh: true) * factors).sum().Gradients([leaf])[0]!.Contiguous().To(ScalarType.Float64).ToArray<double>();
        }
    }

    private static void AssertForm(ScalarType type, double tolerance, Func<Tensor, Tensor> gelu, Func<double, double> value, Func<double, double> derivative)
    {
        using var scope = NewDisposeScope();
        Tensor x = Tensor.From([.. Points.Select(point => (float)point)]).To(type);
        x.requires_grad = true;
        Tensor y = gelu(x);
        Assert.Equal(type, y.dtype);
        double[] points = Doubles(x), values = Doubles(y), gradients = Doubles((y * 3).sum().Gradients([x])[0]!);
        for (int i = 0; i < points.Length; i++)
        {
            // Relative to the result itself, so that the tail on the left counts; 1e-7 where it has vanished.
            double expected = value(points[i]), slope = 3 * derivative(points[i]);
            Assert.True(Math.Abs(values[i] - expected) <= (tolerance * Math.Abs(expected)) + 1e-7, $"{points[i]}: {values[i]}, expected {expected}");
            Assert.True(Math.Abs(gradients[i] - slope) <= (tolerance * Math.Abs(slope)) + 1e-6, $"{points[i]}: derivative {gradients[i]}, expected {slope}");
        }
    }

    private static double[] Doubles(Tensor tensor) => tensor.detach().To(ScalarType.Float64).ToArray<double>();

    private static double Weight(double x) => 0.5 * (1 + Math.Tanh(0.5 * Inner(x + (0.044715 * x * x * x))));

    private static double Inner(double x) => 2 * Math.Sqrt(2 / Math.PI) * x;

    // Simpson's rule from far on the left: independent of any formula for the error function.
    private static double Distribution(double x)
    {
        const double Left = -12;
        const int Steps = 2000;
        if (x <= Left) return 0;
        double step = (x - Left) / Steps, sum = 0;
        for (int i = 0; i <= Steps; i++)
        {
            double at = Left + (i * step);
            sum += (i == 0 || i == Steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-at * at / 2);
        }

        return sum * step / 3 / Math.Sqrt(2 * Math.PI);
    }
}
