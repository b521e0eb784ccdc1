using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

/// <summary>
/// The passes over flat weights against loops in C#, bit for bit: the kernels, and libtorch's operators in their place.
/// </summary>
public class WeightPassTests
{
    private const int Count = 70_003; // several chunks, and a rest that fills no vector

    /// <summary>Types of gradient (Float16 and Float64 have no kernel) and point, with a mask, with kernels.</summary>
    public static TheoryData<ScalarType, ScalarType, bool, bool> Cases()
    {
        var cases = new TheoryData<ScalarType, ScalarType, bool, bool>();
        ScalarType[] gradients = [ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16, ScalarType.Float64];
        foreach (ScalarType gradient in gradients)
        {
            foreach (ScalarType point in new[] { ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float64 })
            {
                foreach (bool hasKernels in new[] { true, false })
                {
                    cases.Add(gradient, point, false, hasKernels);
                    cases.Add(gradient, point, true, hasKernels);
                }
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void The_squared_norm_is_the_sum_over_live_weights_in_float64(
        ScalarType type,
        ScalarType _,
        bool hasMask,
        bool hasKernels
    )
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Tensor values = Setup.Drawn(1, type, Count);
        bool[] live = Live(hasMask);
        double expected = Floats(values).Where((_, i) => live[i]).Sum(value => (double)value * value);
        // Float64 values are those of float32 drawn before, so that the loop above reads them exactly.
        Assert.Equal(expected, WeightPass.SquaredNorm(values, Mask(live, hasMask)), 1e-12 * expected);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void The_squared_norm_does_not_overflow_where_float32_would(bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Assert.Equal(3e60, WeightPass.SquaredNorm(full(3, 1e30f)), 1e54);
    }

    [Theory]
    [InlineData(float.NaN, true)]
    [InlineData(float.NaN, false)]
    [InlineData(float.PositiveInfinity, true)]
    [InlineData(float.PositiveInfinity, false)]
    public void The_squared_norm_is_not_finite_where_a_live_weight_is_not(float bad, bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Tensor values = zeros(Count),
            mask = ones(Count, ScalarType.Bool);
        values[Count / 2] = bad;
        Assert.False(double.IsFinite(WeightPass.SquaredNorm(values)));
        Assert.False(double.IsFinite(WeightPass.SquaredNorm(values, mask)));
        mask[Count / 2] = false;
        Assert.Equal(0, WeightPass.SquaredNorm(values, mask));
    }

    [Theory, MemberData(nameof(Cases))]
    public void The_ascent_moves_the_point_and_never_the_master(
        ScalarType gradientType,
        ScalarType pointType,
        bool hasMask,
        bool hasKernels
    )
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        const float Scale = 0.37f;
        Tensor master = Setup.Drawn(2, ScalarType.Float32, Count),
            gradient = Setup.Drawn(3, gradientType, Count),
            point = zeros(Count, pointType);
        float[] w = Floats(master),
            g = Floats(gradient);
        bool[] live = Live(hasMask);
        WeightPass.Ascend(master, gradient, Scale, Mask(live, hasMask), point);
        AssertPoint([.. w.Select((weight, i) => live[i] ? weight + (Scale * g[i]) : weight)], point);
        AssertSame(w, Floats(master));
    }

    [Theory]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.BFloat16, true)]
    [InlineData(ScalarType.Float64, true)]
    [InlineData(ScalarType.BFloat16, false)]
    public void An_ascent_of_scale_0_is_a_copy(ScalarType pointType, bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Tensor master = Setup.Drawn(4, ScalarType.Float32, Count),
            climbed = zeros(Count, pointType),
            copied = zeros(Count, pointType);
        WeightPass.Ascend(master, Setup.Drawn(5, ScalarType.Float32, Count), 0, null, climbed);
        WeightPass.CopyToPoint(master, copied);
        AssertPoint(Floats(master), climbed);
        AssertPoint(Floats(master), copied);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Three_descents_are_those_of_SGD(
        ScalarType gradientType,
        ScalarType pointType,
        bool hasMask,
        bool hasKernels
    )
    {
        foreach ((double momentumFactor, double weightDecay) in new[] { (0.9, 5e-4), (0.9, 0), (0, 5e-4), (0, 0) })
        {
            using DisposeScope scope = NewDisposeScope();
            using var kernels = new KernelSwitch(hasKernels);
            const float LearningRate = 0.0731f;
            bool[] live = Live(hasMask);
            Tensor master = Setup.Drawn(6, ScalarType.Float32, Count),
                momentum = zeros(Count),
                point = zeros(Count, pointType);
            float[] w = Floats(master),
                m = new float[Count];
            for (int step = 0; step < 3; step++)
            {
                Tensor gradient = Setup.Drawn(7 + step, gradientType, Count);
                float[] g = Floats(gradient);
                WeightPass.Descend(
                    master,
                    gradient,
                    momentum,
                    LearningRate,
                    momentumFactor,
                    weightDecay,
                    Mask(live, hasMask),
                    point
                );
                // As libtorch rounds it: add with a factor is a fused multiply-add, mul rounds by itself.
                for (int i = 0; i < Count; i++)
                {
                    if (!live[i])
                        continue;
                    float d = MathF.FusedMultiplyAdd((float)weightDecay, w[i], g[i]);
                    m[i] = ((float)momentumFactor * m[i]) + d;
                    w[i] = MathF.FusedMultiplyAdd(-LearningRate, m[i], w[i]);
                }
            }

            AssertSame(w, Floats(master));
            AssertSame(m, Floats(momentum));
            AssertPoint(w, point);
        }
    }

    [Theory, InlineData(0.0, 0.0), InlineData(0.9, 5e-4)]
    public void Three_descents_are_those_of_torch_optim_SGD_bit_for_bit(double momentum, double decay)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor master = Setup.Drawn(1, ScalarType.Float32, Count),
            buffer = zeros(Count),
            point = zeros(Count, ScalarType.BFloat16);
        var reference = new TorchSharp.Modules.Parameter(master.clone());
        using var sgd = optim.SGD([reference], 0.1, momentum, weight_decay: decay);
        for (int step = 0; step < 3; step++)
        {
            Tensor gradient = Setup.Drawn(10 + step, ScalarType.Float32, Count);
            reference.grad = gradient;
            sgd.step();
            WeightPass.Descend(master, gradient, buffer, 0.1, momentum, decay, null, point);
        }

        AssertSame(Floats(reference), Floats(master));
        AssertPoint(Floats(master), point);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Three_steps_of_Adam_are_those_of_the_paper(
        ScalarType gradientType,
        ScalarType pointType,
        bool hasMask,
        bool hasKernels
    )
    {
        foreach (double decay in new[] { 0, 1e-3 })
        {
            using DisposeScope scope = NewDisposeScope();
            using var kernels = new KernelSwitch(hasKernels);
            var rates = new AdamRates { LearningRate = 0.01, WeightDecay = decay };
            bool[] live = Live(hasMask);
            Tensor master = Setup.Drawn(6, ScalarType.Float32, Count),
                mean = zeros(Count),
                square = zeros(Count),
                point = zeros(Count, pointType);
            float[] w = Floats(master),
                m = new float[Count],
                v = new float[Count];
            for (int step = 1; step <= 3; step++)
            {
                Tensor gradient = Setup.Drawn(7 + step, gradientType, Count);
                float[] g = Floats(gradient);
                WeightPass.DescendAdam(master, gradient, (mean, square), step, rates, Mask(live, hasMask), point);
                float size = (float)(0.01 / (1 - Math.Pow(0.9, step))),
                    root = (float)Math.Sqrt(1 - Math.Pow(0.999, step));
                for (int i = 0; i < Count; i++)
                {
                    if (!live[i])
                        continue;
                    float d = MathF.FusedMultiplyAdd((float)decay, w[i], g[i]);
                    m[i] = MathF.FusedMultiplyAdd((float)(1 - 0.9), d, 0.9f * m[i]);
                    v[i] = (0.999f * v[i]) + ((float)(1 - 0.999) * d * d);
                    w[i] -= size * m[i] / ((MathF.Sqrt(v[i]) / root) + 1e-8f);
                }
            }

            bool isKernel = hasKernels && HasKernel(gradientType) && HasKernel(pointType);
            foreach ((Tensor vector, float[] expected) in new[] { (master, w), (mean, m), (square, v) })
            {
                if (isKernel)
                    AssertSame(expected, Floats(vector));
                else // libtorch's root may miss the last bit, so each of three steps may move w's last one
                    Setup.Near(vector, tensor(expected), 3.0 / (1 << 24), "after three steps");
            }

            AssertPoint(Floats(master), point);
        }

        static bool HasKernel(ScalarType type) => type is ScalarType.Float32 or ScalarType.BFloat16;
    }

    [Fact]
    public void Three_steps_of_Adam_are_those_of_torch_optim_Adam()
    {
        using DisposeScope scope = NewDisposeScope();
        var rates = new AdamRates { LearningRate = 0.01, WeightDecay = 1e-3 };
        Tensor master = Setup.Drawn(1, ScalarType.Float32, Count),
            mean = zeros(Count),
            square = zeros(Count),
            point = zeros(Count);
        var reference = new TorchSharp.Modules.Parameter(master.clone());
        using var adam = optim.Adam([reference], rates.LearningRate, weight_decay: rates.WeightDecay);
        for (int step = 1; step <= 3; step++)
        {
            Tensor gradient = Setup.Drawn(10 + step, ScalarType.Float32, Count);
            reference.grad = gradient;
            adam.step();
            WeightPass.DescendAdam(master, gradient, (mean, square), step, rates, null, point);
        }

        // The order of roundings differs in the last bits.
        Setup.Near(master, reference, 1e-6, "weights after three steps");
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_pruned_weight_stays_0_and_loses_its_momentum_whatever_its_gradient_is(bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Tensor master = tensor(new[] { 0f, 1f }),
            momentum = tensor(new[] { 3f, 3f }),
            gradient = tensor(new[] { float.NaN, 1f }),
            live = tensor(new[] { false, true }),
            point = full(2, 9f);
        WeightPass.Descend(master, gradient, momentum, 0.5, 0.5, 0, live, point);
        Assert.Equal([0f, 1f - (0.5f * 2.5f)], Floats(master));
        Assert.Equal([0f, 2.5f], Floats(momentum));
        Assert.Equal([0f, -0.25f], Floats(point));

        Tensor square = ones(2);
        momentum.fill_(3);
        WeightPass.DescendAdam(master, gradient, (momentum, square), 1, new AdamRates(), live, point);
        Assert.Equal([0f, 0f, 0f, 0f], new[] { master, momentum, square, point }.Select(vector => Floats(vector)[0]));
        Assert.All([master, momentum, square, point], vector => Assert.True(float.IsFinite(Floats(vector)[1])));
        WeightPass.Ascend(master, gradient, 1, live, point);
        Assert.Equal([0f, Floats(master)[1] + 1], Floats(point));
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
        using DisposeScope scope = NewDisposeScope();
        foreach (bool hasKernels in new[] { true, false })
        {
            using var kernels = new KernelSwitch(hasKernels);
            Tensor point = zeros(40, ScalarType.BFloat16);
            WeightPass.CopyToPoint(full(40, value), point);
            Assert.All(Halves(point), bits => Assert.Equal(expected, bits));
        }
    }

    [Theory, InlineData(0x7F800001), InlineData(-1)]
    public void BFloat16_keeps_NaN_whatever_its_payload(int bits)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor point = zeros(3, ScalarType.BFloat16);
        WeightPass.CopyToPoint(tensor(Enumerable.Repeat(BitConverter.Int32BitsToSingle(bits), 3).ToArray()), point);
        Assert.All(Floats(point), value => Assert.True(float.IsNaN(value)));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Without_weights_nothing_happens(bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Tensor none = zeros(0),
            live = zeros(0, ScalarType.Bool);
        Assert.Equal(0, WeightPass.SquaredNorm(none, live));
        WeightPass.Ascend(none, none, 1, live, none);
        WeightPass.Descend(none, none, none, 0.1, 0.9, 0, null, none);
        WeightPass.DescendAdam(none, none, (none, none), 1, new AdamRates(), null, none);
        WeightPass.CopyToPoint(none, zeros(0, ScalarType.BFloat16));
        // Stretches of a vector, one of them without elements, have the strides and the places that they have.
        Tensor whole = arange(10, ScalarType.Float32),
            point = zeros(10);
        WeightPass.CopyToPoint(whole.narrow(0, 3, 4), point.narrow(0, 3, 4));
        WeightPass.CopyToPoint(whole.as_strided([0], [5]), point.narrow(0, 3, 0));
        Assert.Equal([0, 0, 0, 3, 4, 5, 6, 0, 0, 0], Floats(point));
    }

    [Fact]
    public void No_result_depends_on_the_number_of_threads()
    {
        using DisposeScope scope = NewDisposeScope();
        ThreadCounts.AssertSame(() =>
        {
            Tensor master = Setup.Drawn(8, ScalarType.Float32, Count),
                gradient = Setup.Drawn(9, ScalarType.Float32, Count),
                momentum = Setup.Drawn(10, ScalarType.Float32, Count),
                point = zeros(Count, ScalarType.BFloat16);
            double norm = WeightPass.SquaredNorm(gradient);
            WeightPass.Descend(master, gradient, momentum, 0.1, 0.9, 5e-4, null, point);
            return [tensor(norm, ScalarType.Float64), master, point];
        });
    }

    [Fact]
    public void The_weights_may_be_leaves_that_ask_for_gradients()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (bool hasKernels in new[] { true, false })
        {
            using var kernels = new KernelSwitch(hasKernels);
            Tensor point = zeros(5).Leaf(),
                master = ones(5);
            WeightPass.Ascend(master, ones(5).Leaf(), 1, null, point);
            Assert.Equal([2f, 2f, 2f, 2f, 2f], Floats(point));
            WeightPass.Descend(master, ones(5), zeros(5), 1, 0, 0, null, point);
            WeightPass.CopyToPoint(master, point);
            Assert.Equal([0f, 0f, 0f, 0f, 0f], Floats(point));
            Assert.True(point.is_leaf);
        }
    }

    [Fact]
    public void Misfits_are_named_with_what_was_given_and_expected()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor five = zeros(5),
            four = zeros(4),
            wide = zeros(5, ScalarType.Float64),
            square = zeros(2, 2),
            gaps = zeros(10).as_strided([5], [2]),
            whole = zeros(5, ScalarType.Int64);
        var rates = new AdamRates();
        Refused("gradient is [4] Float32", () => WeightPass.Ascend(five, four, 1, null, five));
        Refused("flat floating tensor of 5 elements", () => WeightPass.Ascend(five, four, 1, null, five));
        Refused("gradient is [5] Int64", () => WeightPass.Ascend(five, whole, 1, null, five));
        Refused("master is [5] Float64", () => WeightPass.Ascend(wide, five, 1, null, five));
        Refused("point is [4] Float32", () => WeightPass.Ascend(five, five, 1, null, four));
        Refused("mask is [5] Float32", () => WeightPass.Ascend(five, five, 1, five, five));
        Refused("master is [5] Float64", () => WeightPass.CopyToPoint(wide, five));
        Refused("master is [2, 2] Float32", () => WeightPass.CopyToPoint(square, four));
        Refused("with strides [2]", () => WeightPass.CopyToPoint(gaps, five));
        Refused("values is [5] Float32", () => WeightPass.SquaredNorm(gaps));
        Refused("values is [2, 2] Float32", () => WeightPass.SquaredNorm(square));
        Refused("values is [5] Int64", () => WeightPass.SquaredNorm(whole));
        Refused("mask is [4] Bool", () => WeightPass.SquaredNorm(five, zeros(4, ScalarType.Bool)));
        // Read as float32 by the kernels, whatever they are.
        Refused("momentum is [5] Float64", () => WeightPass.Descend(five, five, wide, 0.1, 0.9, 0, null, five));
        Refused("momentum is [4] Float32", () => WeightPass.Descend(five, five, four, 0.1, 0.9, 0, null, five));
        Refused("Mean is [5] Float64", () => WeightPass.DescendAdam(five, five, (wide, five), 1, rates, null, five));
        Refused("Square is [5] Float64", () => WeightPass.DescendAdam(five, five, (five, wide), 1, rates, null, five));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            WeightPass.DescendAdam(five, five, (five, five), 0, rates, null, five)
        );

        static void Refused(string expected, Action call) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal);
    }

    private static float[] Floats(Tensor tensor) =>
        tensor.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray();

    private static ushort[] Halves(Tensor point) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(point.bytes).ToArray();

    private static bool[] Live(bool hasMask) => [.. Enumerable.Range(0, Count).Select(i => !hasMask || i % 3 != 1)];

    private static Tensor? Mask(bool[] live, bool hasMask) => hasMask ? tensor(live) : null;

    private static void AssertPoint(float[] expected, Tensor point)
    {
        if (point.dtype == ScalarType.BFloat16)
            AssertSame([.. expected.Select(RoundToBFloat16)], Halves(point));
        else
            AssertSame(expected, Floats(point));
    }

    // As spans, which xunit compares at once; arrays it compares element by element, boxed.
    private static void AssertSame<T>(T[] expected, T[] actual)
        where T : unmanaged, IEquatable<T> =>
        Assert.Equal<T>(new ReadOnlySpan<T>(expected), new ReadOnlySpan<T>(actual));

    // Nearest of the two neighbours, even at a tie; the values here are finite.
    private static ushort RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value),
            upper = bits >> 16,
            rest = bits & 0xFFFF;
        return (ushort)(rest > 0x8000 || (rest == 0x8000 && (upper & 1) == 1) ? upper + 1 : upper);
    }
}
