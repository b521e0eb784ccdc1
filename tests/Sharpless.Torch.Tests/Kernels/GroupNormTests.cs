namespace Sharpless.Torch.Tests.Kernels;

/// <summary>The fused operator on channels-last images beside libtorch's in float64.</summary>
public class GroupNormTests
{
    private const double Epsilon = 1e-6;
    private static readonly Operator Fused = new("sharpless::group_norm_act");
    private static readonly Operator Libtorch = new("aten::group_norm");

    [Theory]
    [InlineData(32, 32, 0, ScalarType.Float32)]
    [InlineData(64, 32, 0, ScalarType.Float32)]
    [InlineData(24, 3, 0.1, ScalarType.Float32)]
    [InlineData(10, 1, 1, ScalarType.Float32)]
    [InlineData(64, 32, 0, ScalarType.BFloat16)]
    [InlineData(24, 3, 0.1, ScalarType.BFloat16)]
    public void Output_and_gradients_are_those_of_libtorch_in_float64(int channels, int groups, double slope, ScalarType type)
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem(channels, type);
        Tensor output = Fused.Call(problem.Input, groups, problem.Scale, problem.Shift, Epsilon, slope), expected = problem.Defined(groups, slope);
        Assert.Equal(type, output.Type);
        double tolerance = type == ScalarType.Float32 ? 1e-5 : 0.006;
        AssertClose(expected, output, tolerance);
        Tensor[] inputs = [problem.Input, problem.Scale, problem.Shift];
        Tensor?[] gradients = (output * problem.Factors).Sum().Gradients(inputs), right = (expected * problem.Factors.To(ScalarType.Float64)).Sum().Gradients(inputs);
        for (int i = 0; i < inputs.Length; i++) AssertClose(right[i]!, gradients[i]!, 2 * tolerance);
    }

    [Fact]
    public void The_variance_survives_a_mean_far_from_zero()
    {
        using var scope = TensorScope.Begin();
        Tensor input = (Tensor.From([0f, 1, 2, 3, 4, 5, 6, 7]) + 10000).Reshape(1, 2, 2, 2).Contiguous(MemoryFormat.ChannelsLast);
        AssertClose(((Tensor.From([0f, 1, 2, 3, 0, 1, 2, 3]) - 1.5) / Math.Sqrt(1.25)).Reshape(1, 2, 2, 2), Fused.Call(input, 2, Tensor.Full([2], 1), Tensor.Zeros([2]), 1e-12, 1.0), 1e-5);
    }

    [Fact]
    public void Row_major_images_take_the_way_over_libtorch_and_agree()
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem(24, ScalarType.Float32);
        AssertClose(Fused.Call(problem.Input, 3, problem.Scale, problem.Shift, Epsilon, 0.0), Fused.Call(problem.Input.Contiguous(), 3, problem.Scale, problem.Shift, Epsilon, 0.0), 1e-5);
    }

    [Fact]
    public void Second_derivatives_agree_with_those_of_libtorch_in_float64()
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem(6, ScalarType.Float32);
        Tensor Second(Tensor output)
        {
            Tensor?[] first = (output * output * problem.Factors.To(output.Type)).Sum().Gradients([problem.Input, problem.Scale], createGraph: true);
            return (first[0]!.Power(2).Sum() + first[1]!.Power(2).Sum()).Gradients([problem.Input])[0]!;
        }

        AssertClose(Second(problem.Defined(2, 0)), Second(Fused.Call(problem.Input, 2, problem.Scale, problem.Shift, Epsilon, 0.0)), 1e-4);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        using var scope = TensorScope.Begin();
        ThreadCounts.AssertSame(() =>
        {
            var problem = new Problem(24, ScalarType.BFloat16);
            Tensor output = Fused.Call(problem.Input, 3, problem.Scale, problem.Shift, Epsilon, 0.0);
            return [Doubles(output), .. (output * problem.Factors).Sum().Gradients([problem.Input, problem.Scale, problem.Shift]).Select(gradient => Doubles(gradient!))];
        });
    }

    // Relative to the largest number.
    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        double[] right = Doubles(expected), values = Doubles(actual);
        double size = right.Max(Math.Abs);
        Assert.Equal(right.Length, values.Length);
        for (int i = 0; i < values.Length; i++) Assert.True(Math.Abs(values[i] - right[i]) <= tolerance * size, $"[{i}] is {values[i]}, expected {right[i]}, the largest is {size}");
    }

    private static double[] Doubles(Tensor tensor) => tensor.Detach().Contiguous().To(ScalarType.Float64).ToArray<double>();

    private sealed class Problem
    {
        public Problem(int channels, ScalarType type)
        {
            using var generator = new Generator(11);
            Tensor Normal(double mean, ScalarType of, params long[] shape)
            {
                Tensor values = Tensor.Zeros(shape);
                values.NormalInPlace(mean, 1, generator);
                return values.To(of);
            }

            // 99 rows: more than one stretch of float32 sums, and no multiple of it.
            Input = Normal(0.5, type, 3, channels, 9, 11).Contiguous(MemoryFormat.ChannelsLast);
            Factors = Normal(0, type, 3, channels, 9, 11);
            (Scale, Shift) = (Normal(1, ScalarType.Float32, channels), Normal(0, ScalarType.Float32, channels));
            Input.RequiresGradient = Scale.RequiresGradient = Shift.RequiresGradient = true;
        }

        public Tensor Input { get; }

        public Tensor Factors { get; }

        public Tensor Scale { get; }

        public Tensor Shift { get; }

        public Tensor Defined(int groups, double slope)
        {
            Tensor z = Libtorch.Call(Input.To(ScalarType.Float64), groups, Scale.To(ScalarType.Float64), Shift.To(ScalarType.Float64), Epsilon);
            return z.LeakyRelu(slope);
        }
    }
}
