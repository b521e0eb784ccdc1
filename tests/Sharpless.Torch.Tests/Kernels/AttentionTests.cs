using Sharpless.Torch.Modules;

namespace Sharpless.Torch.Tests.Kernels;

/// <summary>The fused operator beside the composition of libtorch's operators, in float64.</summary>
public class AttentionTests
{
    private static readonly Operator Attention = new("sharpless::attention");

    [Theory]
    [InlineData(2, 3, 4, 5, 6, 2, false, ScalarType.Float32)]
    [InlineData(1, 2, 65, 65, 32, 32, false, ScalarType.Float32)]
    [InlineData(3, 2, 33, 17, 20, 48, true, ScalarType.Float32)]
    [InlineData(2, 3, 4, 5, 6, 2, true, ScalarType.Float64)]
    [InlineData(1, 2, 65, 65, 32, 32, false, ScalarType.BFloat16)]
    [InlineData(3, 2, 33, 17, 20, 48, true, ScalarType.BFloat16)]
    public void Output_and_gradients_are_those_of_the_definition(int batch, int heads, int queries, int keys, int width, int valueWidth, bool masks, ScalarType type)
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem(batch, heads, queries, keys, width, valueWidth, masks, type);
        double tolerance = type switch { ScalarType.Float64 => 1e-12, ScalarType.Float32 => 1e-5, _ => 0.006 };
        Tensor actual = Attention.Call(problem.Queries, problem.Keys, problem.Values, problem.Mask);
        Assert.Equal(type, actual.Type);
        Assert.Equal([batch, heads, queries, valueWidth], actual.Shape);
        Tensor expected = problem.Defined();
        AssertClose(expected, actual, tolerance);
        Tensor[] inputs = [problem.Queries, problem.Keys, problem.Values];
        Tensor?[] gradients = (actual * problem.Factors).Sum().Gradients(inputs), right = (expected * problem.Factors.To(ScalarType.Float64)).Sum().Gradients(inputs);
        // The gradients of the definition pass through the inputs' type, too: one rounding more.
        for (int i = 0; i < inputs.Length; i++) AssertClose(right[i]!, gradients[i]!, 2 * tolerance);
    }

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Heads_side_by_side_are_read_and_written_where_they_lie(ScalarType type)
    {
        using var scope = TensorScope.Begin();
        using var generator = new Generator(3);
        Tensor tokens = Tensor.Zeros([2, 7, 3 * 24]);
        tokens.NormalInPlace(0, 1, generator);
        tokens = tokens.To(type);
        Tensor Part(int place) => DotProductAttention.SplitHeads(tokens.Narrow(2, 24 * place, 24), 4);
        Tensor apart = Attention.Call(Part(0), Part(1), Part(2), Argument.None), copied = Attention.Call(Part(0).Contiguous(), Part(1).Contiguous(), Part(2).Contiguous(), Argument.None);
        Assert.Equal(copied.Contiguous().To(ScalarType.Float32).ToArray<float>(), apart.Contiguous().To(ScalarType.Float32).ToArray<float>());
        Tensor merged = DotProductAttention.MergeHeads(apart);
        Assert.Equal(apart.Transpose(1, 2).Contiguous().To(ScalarType.Float32).ToArray<float>(), merged.To(ScalarType.Float32).ToArray<float>());
    }

    [Fact]
    public void A_masked_key_has_no_weight_at_all()
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem(1, 1, 3, 4, 8, 8, false, ScalarType.Float32);
        Tensor mask = Tensor.From([0f, 0f, float.NegativeInfinity, 0f]).Reshape(1, 1, 1, 4);
        Tensor Output(float value)
        {
            Tensor values = problem.Values.Detach().Clone();
            values.Select(2, 2).FillInPlace(value);
            return Attention.Call(problem.Queries, problem.Keys, values, mask).Detach();
        }

        Assert.Equal(Output(0).ToArray<float>(), Output(1e30f).ToArray<float>());
    }

    [Fact]
    public void Large_products_do_not_overflow()
    {
        using var scope = TensorScope.Begin();
        Tensor queries = Tensor.Full([1, 1, 1, 1], 1000), keys = Tensor.From([1000f, 999f, -1000f]).Reshape(1, 1, 3, 1), values = Tensor.From([1f, 2f, 3f]).Reshape(1, 1, 3, 1);
        Assert.Equal(1, Attention.Call(queries, keys, values, Argument.None).Item());
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Second_derivatives_agree_with_those_of_the_definition(bool masks)
    {
        using var scope = TensorScope.Begin();
        var problem = new Problem(2, 2, 5, 6, 4, 3, masks, ScalarType.Float32);
        Tensor Second(Tensor output)
        {
            Tensor?[] first = (output * problem.Factors.To(output.Type)).Sum().Gradients([problem.Queries, problem.Values], createGraph: true);
            return (first[0]!.Power(2).Sum() + first[1]!.Power(2).Sum()).Gradients([problem.Keys])[0]!;
        }

        // Neighbouring numbers of a row apart in memory.
        Tensor keys = problem.Keys.Transpose(2, 3).Contiguous().Transpose(2, 3);
        AssertClose(Second(problem.Defined()), Second(Attention.Call(problem.Queries, keys, problem.Values, problem.Mask)), 1e-5);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        using var scope = TensorScope.Begin();
        ThreadCounts.AssertSame(() =>
        {
            var problem = new Problem(3, 3, 40, 40, 16, 16, false, ScalarType.BFloat16);
            Tensor output = Attention.Call(problem.Queries, problem.Keys, problem.Values, Argument.None);
            return [Doubles(output), .. (output * problem.Factors).Sum().Gradients([problem.Queries, problem.Keys, problem.Values]).Select(gradient => Doubles(gradient!))];
        });
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_told()
    {
        using var scope = TensorScope.Begin();
        string message = Assert.Throws<TorchException>(() => Attention.Call(Tensor.Zeros([1, 2, 3, 4]), Tensor.Zeros([1, 2, 3, 5]), Tensor.Zeros([1, 2, 3, 4]), Argument.None)).Message;
        Assert.Contains("queries [1, 2, 3, 4], keys [1, 2, 3, 5] and values [1, 2, 3, 4] do not fit", message, StringComparison.Ordinal);
    }

    // Relative to the largest number.
    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        double[] right = Doubles(expected), values = Doubles(actual);
        Assert.Equal(right.Length, values.Length);
        double size = right.Max(Math.Abs);
        for (int i = 0; i < values.Length; i++) Assert.True(Math.Abs(values[i] - right[i]) <= tolerance * size, $"[{i}] is {values[i]}, expected {right[i]}, the largest is {size}");
    }

    private static double[] Doubles(Tensor tensor) => tensor.Detach().Contiguous().To(ScalarType.Float64).ToArray<double>();

    private sealed class Problem
    {
        public Problem(int batch, int heads, int queries, int keys, int width, int valueWidth, bool masks, ScalarType type)
        {
            using var generator = new Generator(5);
            Tensor Normal(params long[] shape)
            {
                Tensor values = Tensor.Zeros(shape);
                values.NormalInPlace(0, 1, generator);
                return values.To(type);
            }

            (Queries, Keys, Values) = (Normal(batch, heads, queries, width), Normal(batch, heads, keys, width), Normal(batch, heads, keys, valueWidth));
            Factors = Normal(batch, heads, queries, valueWidth);
            Queries.RequiresGradient = Keys.RequiresGradient = Values.RequiresGradient = true;
            if (!masks) return;
            Mask = Tensor.Zeros([batch, 1, 1, keys], type);
            Mask.Select(0, 0).Narrow(2, keys - 2, 2).FillInPlace(double.NegativeInfinity);
        }

        public Tensor Queries { get; }

        public Tensor Keys { get; }

        public Tensor Values { get; }

        public Tensor Factors { get; }

        public Tensor? Mask { get; }

        public Tensor Defined()
        {
            Tensor q = Queries.To(ScalarType.Float64), k = Keys.To(ScalarType.Float64), v = Values.To(ScalarType.Float64);
            Tensor products = q.MatrixProduct(k.Transpose(2, 3)) / Math.Sqrt(q.Size(3));
            return (Mask is null ? products : products + Mask.To(ScalarType.Float64)).Softmax(-1).MatrixProduct(v);
        }
    }
}
