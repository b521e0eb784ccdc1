namespace Sharpless.Torch.Tests.Kernels;

/// <summary>The fused kernels over flat weights against one-line loops in C#, bit for bit.</summary>
public class WeightSpaceKernelTests
{
    // Several chunks of the kernels and a tail that fills no vector.
    private const int Count = 140_003;

    private static readonly Operator SquaredNorm = new("sharpless::squared_norm");
    private static readonly Operator Ascend = new("sharpless::ascend");
    private static readonly Operator Descend = new("sharpless::descend");
    private static readonly Operator CopyToPoint = new("sharpless::copy_to_point");

    public static TheoryData<ScalarType, bool> GradientTypes() => new()
    {
        { ScalarType.Float32, false }, { ScalarType.Float32, true }, { ScalarType.BFloat16, false }, { ScalarType.BFloat16, true },
        { ScalarType.Float16, true }, // has no kernel of its own: the way over ATen, which CUDA tensors take too
    };

    public static TheoryData<ScalarType, ScalarType, bool> GradientAndPointTypes()
    {
        var data = new TheoryData<ScalarType, ScalarType, bool>();
        foreach (ScalarType gradient in new[] { ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16 })
        {
            foreach (ScalarType point in new[] { ScalarType.Float32, ScalarType.BFloat16 })
            {
                data.Add(gradient, point, false);
                data.Add(gradient, point, true);
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(GradientTypes))]
    public void The_squared_norm_is_the_sum_of_squares_of_the_live_weights_in_float64(ScalarType type, bool masked)
    {
        using var scope = TensorScope.Begin();
        Tensor gradient = Random(1).To(type);
        bool[] live = Live(masked);
        float[] values = gradient.To(ScalarType.Float32).ToArray<float>();
        double expected = values.Where((_, i) => live[i]).Sum(value => (double)value * value);
        Assert.Equal(expected, SquaredNorm.CallNumber(gradient, Mask(live, masked)), 1e-12 * expected);
    }

    [Fact]
    public void The_squared_norm_does_not_overflow_where_float32_would()
    {
        using var scope = TensorScope.Begin();
        Tensor gradient = Tensor.Full([3], 1e30);
        Assert.Equal(3e60, SquaredNorm.CallNumber(gradient, Argument.None), 1e54);
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void The_squared_norm_of_a_gradient_that_is_not_finite_is_not_finite(float bad)
    {
        using var scope = TensorScope.Begin();
        float[] values = new float[Count];
        values[Count / 2] = bad;
        Assert.False(double.IsFinite(SquaredNorm.CallNumber(Tensor.From(values, Count), Argument.None)));
    }

    [Theory, MemberData(nameof(GradientAndPointTypes))]
    public void The_ascent_writes_w_plus_scaled_gradient_to_the_point_and_leaves_w_alone(ScalarType gradientType, ScalarType pointType, bool masked)
    {
        using var scope = TensorScope.Begin();
        const float scale = 0.37f;
        Tensor master = Random(2), gradient = Random(3).To(gradientType), point = Tensor.Empty([Count], pointType);
        float[] w = master.ToArray<float>(), g = gradient.To(ScalarType.Float32).ToArray<float>();
        bool[] live = Live(masked);

        Ascend.CallInPlace(master, gradient, (double)scale, Mask(live, masked), point);

        float[] expected = [.. w.Select((weight, i) => live[i] ? weight + scale * g[i] : weight)];
        AssertPoint(expected, point);
        AssertSame(w, master.ToArray<float>());
    }

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void An_ascent_of_scale_0_is_a_copy(ScalarType pointType)
    {
        using var scope = TensorScope.Begin();
        Tensor master = Random(4), gradient = Random(5);
        Tensor climbed = Tensor.Empty([Count], pointType), copied = Tensor.Empty([Count], pointType);
        Ascend.CallInPlace(master, gradient, 0.0, Argument.None, climbed);
        CopyToPoint.CallInPlace(master, copied);
        AssertSame(Bits(copied), Bits(climbed));
        AssertPoint(master.ToArray<float>(), copied);
    }

    [Theory, MemberData(nameof(GradientAndPointTypes))]
    public void Three_descents_agree_with_SGD_bit_for_bit(ScalarType gradientType, ScalarType pointType, bool masked)
    {
        foreach ((double momentumFactor, double weightDecay) in new[] { (0.9, 5e-4), (0.9, 0), (0, 5e-4), (0, 0) })
        {
            using var scope = TensorScope.Begin();
            const float learningRate = 0.0731f;
            bool[] live = Live(masked);
            Tensor master = Random(6), momentum = Tensor.Zeros([Count]), point = Tensor.Empty([Count], pointType);
            float[] w = master.ToArray<float>(), m = new float[Count];
            for (int step = 0; step < 3; step++)
            {
                Tensor gradient = Random(7 + step).To(gradientType);
                float[] g = gradient.To(ScalarType.Float32).ToArray<float>();
                Descend.CallInPlace(master, gradient, momentum, (double)learningRate, momentumFactor, weightDecay, Mask(live, masked), point);

                // torch.optim.SGD as libtorch rounds it: add with a factor is a fused multiply-add, mul_ rounds by itself.
                for (int i = 0; i < Count; i++)
                {
                    if (!live[i]) continue;
                    float d = MathF.FusedMultiplyAdd((float)weightDecay, w[i], g[i]);
                    m[i] = (float)momentumFactor * m[i] + d;
                    w[i] = MathF.FusedMultiplyAdd(-learningRate, m[i], w[i]);
                }
            }

            AssertSame(w, master.ToArray<float>());
            AssertSame(m, momentum.ToArray<float>());
            AssertPoint(w, point);
        }
    }

    [Fact]
    public void A_pruned_weight_stays_zero_and_loses_its_momentum()
    {
        using var scope = TensorScope.Begin();
        Tensor master = Tensor.From([0f, 1f], 2), momentum = Tensor.From([3f, 3f], 2), gradient = Tensor.From([float.NaN, 1f], 2);
        Tensor live = Tensor.From([false, true], 2), point = Tensor.Full([2], 9);
        Descend.CallInPlace(master, gradient, momentum, 0.5, 0.5, 0.0, live, point);
        Assert.Equal([0f, 1f - 0.5f * 2.5f], master.ToArray<float>());
        Assert.Equal([0f, 2.5f], momentum.ToArray<float>());
        Assert.Equal([0f, -0.25f], point.ToArray<float>());
    }

    [Fact]
    public void No_result_depends_on_the_number_of_threads()
    {
        using var scope = TensorScope.Begin();
        int before = Runtime.Threads;
        try
        {
            Runtime.Threads = 1;
            (double Norm, float[] Master, ushort[] Point) one = Run();
            Runtime.Threads = 3;
            (double Norm, float[] Master, ushort[] Point) three = Run();
            Assert.Equal(BitConverter.DoubleToInt64Bits(one.Norm), BitConverter.DoubleToInt64Bits(three.Norm));
            AssertSame(one.Master, three.Master);
            AssertSame(one.Point, three.Point);
        }
        finally
        {
            Runtime.Threads = before;
        }

        static (double Norm, float[] Master, ushort[] Point) Run()
        {
            Tensor master = Random(8), gradient = Random(9), momentum = Random(10), point = Tensor.Empty([Count], ScalarType.BFloat16);
            double norm = SquaredNorm.CallNumber(gradient, Argument.None);
            Descend.CallInPlace(master, gradient, momentum, 0.1, 0.9, 5e-4, Argument.None, point);
            return (norm, master.ToArray<float>(), point.ToArray<ushort>());
        }
    }

    [Theory]
    [InlineData(1.00390625f, 0x3F80)] // half way between two neighbours: to the even one, below
    [InlineData(1.01171875f, 0x3F82)] // half way: to the even one, above
    [InlineData(1.004f, 0x3F81)]
    [InlineData(3.4e38f, 0x7F80)] // beyond the largest: infinity
    [InlineData(float.NegativeInfinity, 0xFF80)]
    [InlineData(-0f, 0x8000)]
    [InlineData(1e-40f, 0x0001)] // subnormal numbers are kept
    public void BFloat16_rounds_to_nearest_even(float value, int expected)
    {
        using var scope = TensorScope.Begin();
        Tensor point = Tensor.Empty([40], ScalarType.BFloat16);
        CopyToPoint.CallInPlace(Tensor.From(Enumerable.Repeat(value, 40).ToArray(), 40), point);
        Assert.All(point.ToArray<ushort>(), bits => Assert.Equal(expected, bits));
    }

    [Fact]
    public void BFloat16_keeps_NaN_whatever_its_payload()
    {
        using var scope = TensorScope.Begin();
        float[] values = [float.NaN, BitConverter.Int32BitsToSingle(0x7F800001), BitConverter.Int32BitsToSingle(-1)];
        Tensor point = Tensor.Empty([3], ScalarType.BFloat16);
        CopyToPoint.CallInPlace(Tensor.From(values, 3), point);
        Assert.All(point.To(ScalarType.Float32).ToArray<float>(), value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Bad_arguments_are_named_with_what_was_given_and_expected()
    {
        using var scope = TensorScope.Begin();
        Tensor five = Tensor.Zeros([5]), four = Tensor.Zeros([4]), wide = Tensor.Zeros([5], ScalarType.Float64), square = Tensor.Zeros([2, 2]);
        AssertRefused("gradient has 4 elements, expected 5", () => Ascend.CallInPlace(five, four, 1.0, Argument.None, five));
        AssertRefused("master is Double, expected Float", () => CopyToPoint.CallInPlace(wide, five));
        AssertRefused("mask is Float, expected Bool", () => SquaredNorm.CallNumber(five, five));
        AssertRefused("gradient must be flat", () => SquaredNorm.CallNumber(square, Argument.None));
        AssertRefused("momentum has 4 elements, expected 5", () => Descend.CallInPlace(five, five, four, 0.1, 0.9, 0.0, Argument.None, five));
    }

    // As spans, which xunit compares at once; arrays it compares element by element, boxed.
    private static void AssertSame<T>(T[] expected, T[] actual)
        where T : unmanaged, IEquatable<T> => Assert.Equal<T>(new ReadOnlySpan<T>(expected), new ReadOnlySpan<T>(actual));

    private static void AssertRefused(string expected, Action call) =>
        Assert.Contains(expected, Assert.Throws<TorchException>(call).Message, StringComparison.Ordinal);

    private static Tensor Random(long seed)
    {
        using var generator = new Generator(seed);
        Tensor values = Tensor.Empty([Count]);
        values.NormalInPlace(0, 1, generator);
        return values;
    }

    private static bool[] Live(bool masked) => [.. Enumerable.Range(0, Count).Select(i => !masked || i % 3 != 1)];

    private static Argument Mask(bool[] live, bool masked) => masked ? Tensor.From(live, Count) : Argument.None;

    private static ushort[] Bits(Tensor point) =>
        point.Type == ScalarType.BFloat16 ? point.ToArray<ushort>() : [.. point.ToArray<uint>().SelectMany(bits => new[] { (ushort)bits, (ushort)(bits >> 16) })];

    private static void AssertPoint(float[] expected, Tensor point)
    {
        if (point.Type == ScalarType.Float32) AssertSame(expected, point.ToArray<float>());
        else AssertSame([.. expected.Select(RoundToBFloat16)], point.ToArray<ushort>());
    }

    // Nearest of the two neighbours, even at a tie; the values of these tests are finite.
    private static ushort RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint upper = bits >> 16, rest = bits & 0xFFFF;
        return (ushort)(rest > 0x8000 || (rest == 0x8000 && (upper & 1) == 1) ? upper + 1 : upper);
    }
}
