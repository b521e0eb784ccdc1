using Sharpless.Torch;

namespace Sharpless.Torch.Tests.Kernels;

public class LayerNormTests
{
    private const double Epsilon = 1e-5;
    private static readonly Operator LayerNorm = new("sharpless::layer_norm");

    [Theory]
    [InlineData(3, 5, ScalarType.Float32, 2e-5)]
    [InlineData(200, 128, ScalarType.Float32, 2e-5)]
    [InlineData(67, 37, ScalarType.Float32, 2e-5)]
    [InlineData(2, 37, ScalarType.Float64, 1e-10)]
    [InlineData(200, 128, ScalarType.BFloat16, 0.012)]
    [InlineData(67, 37, ScalarType.BFloat16, 0.012)]
    public void Output_and_gradients_are_those_of_plain_loops_in_float64(int rows, int width, ScalarType type, double tolerance)
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem(rows, width, type);
        Tensor output = LayerNorm.Call(problem.Input, problem.Scale, problem.Shift, Epsilon);
        Assert.Equal(type, output.Type);
        Tensor?[] gradients = (output * problem.Factors).Sum().Gradients([problem.Input, problem.Scale, problem.Shift]);

        double[] x = Doubles(problem.Input), factors = Doubles(problem.Factors), scale = Doubles(problem.Scale), shift = Doubles(problem.Shift);
        double[] y = new double[x.Length], toInput = new double[x.Length], toScale = new double[width], toShift = new double[width];
        for (int row = 0; row < rows; row++)
        {
            double[] values = x[(row * width)..((row + 1) * width)];
            double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + Epsilon);
            double[] z = [.. values.Select(value => (value - mean) / deviation)], g = [.. z.Select((_, i) => factors[(row * width) + i] * scale[i])];
            double along = z.Zip(g, (a, b) => a * b).Average();
            for (int i = 0; i < width; i++)
            {
                int at = (row * width) + i;
                y[at] = (z[i] * scale[i]) + shift[i];
                toInput[at] = (g[i] - g.Average() - (z[i] * along)) / deviation;
                toScale[i] += factors[at] * z[i];
                toShift[i] += factors[at];
            }
        }

        AssertClose(y, output, tolerance);
        AssertClose(toInput, gradients[0]!, tolerance);
        AssertClose(toScale, gradients[1]!, tolerance);
        AssertClose(toShift, gradients[2]!, tolerance);
    }

    [Fact]
    public void The_variance_survives_a_mean_far_from_zero()
    {
        using var scope = TensorScope.Begin();
        Tensor row = Tensor.From([10000f, 10001f, 10002f, 10003f]), one = Tensor.Full([4], 1), zero = Tensor.Zeros([4]);
        AssertClose([-1.3416407865, -0.4472135955, 0.4472135955, 1.3416407865], LayerNorm.Call(row, one, zero, 1e-12), 1e-5);
    }

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Second_derivatives_agree_with_those_of_float64(ScalarType type)
    {
        using var scope = TensorScope.Begin();
        double[] Second(ScalarType of)
        {
            var problem = new Problem(6, 8, type);
            Tensor x = problem.Input.Detach().To(of), scale = problem.Scale.Detach().To(of == ScalarType.Float64 ? of : ScalarType.Float32);
            x.RequiresGradient = true;
            scale.RequiresGradient = true;
            // Every second row of six: no stretch of memory.
            Tensor y = LayerNorm.Call(x.Reshape(3, 2, 8).Select(1, 1), scale, problem.Shift.Detach().To(scale.Type), Epsilon);
            Tensor?[] first = (y * y * problem.Factors.Narrow(0, 0, 3).To(of)).Sum().Gradients([x, scale], createGraph: true);
            return Doubles((first[0]!.To(scale.Type).Power(2).Sum() + first[1]!.Power(2).Sum()).Gradients([x])[0]!);
        }

        double[] expected = Second(ScalarType.Float64), actual = Second(type);
        double size = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, size * (type == ScalarType.Float32 ? 1e-5 : 0.05)));
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        using var scope = TensorScope.Begin();
        ThreadCounts.AssertSame(() =>
        {
            var problem = new Problem(1000, 33, ScalarType.BFloat16);
            Tensor output = LayerNorm.Call(problem.Input, problem.Scale, problem.Shift, Epsilon);
            return [Doubles(output), .. (output * problem.Factors).Sum().Gradients([problem.Input, problem.Scale, problem.Shift]).Select(gradient => Doubles(gradient!))];
        });
    }

    [Fact]
    public void A_transposed_input_and_gradient_give_the_same_numbers()
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem(64, 64, ScalarType.Float32);
        Tensor Turned(Tensor tensor) => tensor.Detach().Transpose(0, 1).Contiguous().Transpose(0, 1);
        double[] Gradient(Tensor x, Tensor factors)
        {
            x.RequiresGradient = true;
            return Doubles((LayerNorm.Call(x, problem.Scale, problem.Shift, Epsilon) * factors).Sum().Gradients([x])[0]!.Contiguous());
        }

        Assert.Equal(Gradient(problem.Input.Detach(), problem.Factors), Gradient(Turned(problem.Input), Turned(problem.Factors)));
    }

    [Fact]
    public void Parameters_that_do_not_fit_are_told_with_the_shapes()
    {
        using var scope = TensorScope.Begin();
        string message = Assert.Throws<TorchException>(() => LayerNorm.Call(Tensor.Zeros([2, 3]), Tensor.Zeros([4]), Tensor.Zeros([3]), Epsilon)).Message;
        Assert.Contains("scale has shape [4], expected [3]", message, StringComparison.Ordinal);
    }

    // Relative to the largest number: entries that cancel have no digits of their own.
    private static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        double[] values = Doubles(actual);
        Assert.Equal(expected.Length, values.Length);
        double size = expected.Max(Math.Abs);
        for (int i = 0; i < values.Length; i++) Assert.True(Math.Abs(values[i] - expected[i]) <= tolerance * size, $"[{i}] is {values[i]}, expected {expected[i]}");
    }

    private static double[] Doubles(Tensor tensor) => tensor.Detach().To(ScalarType.Float64).ToArray<double>();

    private sealed class Problem
    {
        public Problem(int rows, int width, ScalarType type)
        {
            using var generator = new Generator(7);
            ScalarType parameters = type == ScalarType.Float64 ? type : ScalarType.Float32;
            Tensor Normal(double mean, long[] shape, ScalarType of)
            {
                Tensor values = Tensor.Zeros(shape);
                values.NormalInPlace(mean, 1, generator);
                return values.To(of);
            }

            (Input, Factors) = (Normal(0.5, [rows, width], type), Normal(0, [rows, width], type));
            (Scale, Shift) = (Normal(1, [width], parameters), Normal(0, [width], parameters));
            Input.RequiresGradient = Scale.RequiresGradient = Shift.RequiresGradient = true;
        }

        public Tensor Input { get; }

        public Tensor Factors { get; }

        public Tensor Scale { get; }

        public Tensor Shift { get; }
    }
}
