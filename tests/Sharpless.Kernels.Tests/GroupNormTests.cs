using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sharpless.Kernels.Tests;

/// <summary>The fused operator beside its formula in float64, with the kernels and without.</summary>
public class GroupNormTests
{
    private const double Epsilon = 1e-6;

    [Theory]
    [InlineData(32, 32, 0, ScalarType.Float32)]
    [InlineData(64, 32, 0, ScalarType.Float32)]
    [InlineData(24, 3, 0.1, ScalarType.Float32)]
    [InlineData(10, 1, 1, ScalarType.Float32)]
    [InlineData(64, 32, 0, ScalarType.BFloat16)]
    [InlineData(24, 3, 0.1, ScalarType.BFloat16)]
    [InlineData(24, 3, 0.1, ScalarType.Float64)]
    public void Output_and_gradients_are_those_of_the_formula_in_float64(
        long channels,
        long groups,
        double slope,
        ScalarType type
    )
    {
        using DisposeScope scope = NewDisposeScope();
        double tolerance = type switch
        {
            ScalarType.Float64 => 1e-12,
            ScalarType.Float32 => 2e-5,
            _ => 0.012,
        };
        // 99 rows: more than one stretch of float32 sums, and no multiple of it.
        DerivativeCase.Check(
            Inputs(type, 3, channels, 9, 11),
            x => Fused.GroupNorm(x[0], groups, x[1], x[2], Epsilon, slope),
            x => F.leaky_relu(Formula(x[0], groups, x[1], x[2]), slope),
            tolerance,
            second: type == ScalarType.BFloat16 ? null : 10 * tolerance
        );
    }

    public static TheoryData<long[]> OtherShapes() => [[5, 30], [5, 6, 7], [2, 6, 3, 4], [2, 6, 3, 4, 5]];

    [Theory, MemberData(nameof(OtherShapes))]
    public void Other_shapes_and_row_major_images_take_the_way_over_libtorch(long[] shape)
    {
        using DisposeScope scope = NewDisposeScope();
        DerivativeCase.Check(
            Inputs(isChannelsLast: false, ScalarType.Float32, shape),
            x => Fused.GroupNorm(x[0], 3, x[1], x[2], Epsilon, 0.1),
            x => F.leaky_relu(Formula(x[0], 3, x[1], x[2]), 0.1),
            tolerance: 2e-5,
            second: 2e-4
        );
    }

    [Fact]
    public void The_variance_survives_a_mean_far_from_zero() // in libtorch 2.10 it does not
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = (arange(8, ScalarType.Float32) + 10000).view(1, 2, 2, 2).ChannelsLast();
        Tensor expected = ((arange(8, ScalarType.Float64) % 4) - 1.5) / Math.Sqrt(1.25);
        Setup.Near(
            Fused.GroupNorm(input, 2, ones(2), zeros(2), 1e-12),
            expected.view(1, 2, 2, 2),
            1e-5,
            "output"
        );
    }

    [Fact]
    public void Nothing_gives_nothing()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = ones(0, 6, 2, 2).Leaf(),
            scale = ones(6).Leaf();
        Tensor output = Fused.GroupNorm(input, 3, scale, zeros(6));
        Assert.Equal([0, 6, 2, 2], output.shape);
        output.sum().backward();
        Assert.Equal(0, scale.grad!.abs().sum().item<float>());
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        ThreadCounts.AssertSame(() =>
        {
            Tensor[] inputs = Inputs(ScalarType.BFloat16, 3, 24, 9, 11);
            Tensor output = Fused.GroupNorm(inputs[0], 3, inputs[1], inputs[2], Epsilon, 0);
            (output * Setup.Drawn(9, ScalarType.BFloat16, 3, 24, 9, 11)).sum().backward();
            return [output, .. inputs.Select(input => input.grad!)];
        });
    }

    [Fact]
    public void Misfits_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = zeros(2, 6, 2, 2),
            six = zeros(6);
        Refused("4 groups do not divide the channels of [2, 6, 2, 2]", input, 4, six, six);
        Refused("0 groups do not divide", input, 0, six, six);
        Refused("scale has shape [5], expected [6]", input, 3, zeros(5), six);
        Refused("shift is Float64 on cpu, expected Float32", input, 3, six, six.to(ScalarType.Float64));
        Refused("input is [2, 6, 2, 2] Int64", input.to(ScalarType.Int64), 3, six, six);
        Refused("do not divide the channels of [6]", six, 3, six, six);

        static void Refused(string expected, Tensor input, long groups, Tensor scale, Tensor shift) =>
            Assert.Contains(
                expected,
                Assert.Throws<ArgumentException>(() => Fused.GroupNorm(input, groups, scale, shift)).Message,
                StringComparison.Ordinal
            );
    }

    private static Tensor[] Inputs(ScalarType type, params long[] shape) => Inputs(isChannelsLast: true, type, shape);

    private static Tensor[] Inputs(bool isChannelsLast, ScalarType type, long[] shape)
    {
        ScalarType parameters = type == ScalarType.Float64 ? type : ScalarType.Float32;
        Tensor input = Setup.Drawn(1, type, shape) + 0.5;
        return
        [
            (isChannelsLast ? input.ChannelsLast() : input).Leaf(),
            (Setup.Drawn(2, parameters, shape[1]) + 1).Leaf(),
            Setup.Drawn(3, parameters, shape[1]).Leaf(),
        ];
    }

    private static Tensor Formula(Tensor x, long groups, Tensor scale, Tensor shift)
    {
        Tensor grouped = x.reshape(x.size(0), groups, -1);
        Tensor apart = grouped - grouped.mean([-1], keepdim: true);
        Tensor standard = apart / (apart.square().mean([-1], keepdim: true) + Epsilon).sqrt();
        long[] across = [1, x.size(1), .. Enumerable.Repeat(1L, (int)x.dim() - 2)];
        return (standard.reshape(x.shape) * scale.view(across)) + shift.view(across);
    }
}
