using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sharpless.Kernels.Tests;

public class FusedOperatorTests
{
    [
        Theory,
        InlineData(ScalarType.Float32, false),
        InlineData(ScalarType.Float32, true),
        InlineData(ScalarType.BFloat16, false),
        InlineData(ScalarType.BFloat16, true)
    ]
    public void Gelu_is_the_exact_function(ScalarType type, bool byTanh)
    {
        using DisposeScope scope = NewDisposeScope();
        // The approximations of Φ and exp are good to 1e-6.
        double tolerance = 2 * type.Rounding() + 2e-6;
        DerivativeCase.Check(
            [(Setup.Drawn(1, type, 5, 33) * 2).Leaf()],
            x => Fused.Gelu(x[0], byTanh),
            x => ExactGelu(x[0], byTanh),
            tolerance,
            second: type == ScalarType.Float32 ? 1e-5 : null
        );
    }

    [
        Theory,
        InlineData(ScalarType.Float32, 70, 48),
        InlineData(ScalarType.Float32, 3, 7),
        InlineData(ScalarType.BFloat16, 70, 48)
    ]
    public void Layer_normalization_is_that_of_libtorch(ScalarType type, long rows, long width)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs =
        [
            (Setup.Drawn(1, type, 2, rows, width) + 3).Leaf(),
            Setup.Drawn(2, ScalarType.Float32, width).Leaf(),
            Setup.Drawn(3, ScalarType.Float32, width).Leaf(),
        ];
        DerivativeCase.Check(
            inputs,
            x => Fused.LayerNorm(x[0], x[1], x[2], 1e-5),
            x => F.layer_norm(x[0], [width], x[1], x[2], 1e-5),
            tolerance: type == ScalarType.Float32 ? 1e-5 : 2 * type.Rounding(),
            second: type == ScalarType.Float32 ? 1e-4 : null
        );
    }

    [Theory]
    [InlineData(ScalarType.Float32, 16, 4, 0.0)]
    [InlineData(ScalarType.Float32, 6, 3, 1.0)]
    [InlineData(ScalarType.Float32, 300, 2, 0.1)]
    [InlineData(ScalarType.BFloat16, 16, 4, 1.0)]
    public void Group_normalization_is_that_of_libtorch(ScalarType type, long channels, long groups, double slope)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs =
        [
            (Setup.Drawn(1, type, 3, channels, 5, 4) + 1).ChannelsLast().Leaf(),
            Setup.Drawn(2, ScalarType.Float32, channels).Leaf(),
            Setup.Drawn(3, ScalarType.Float32, channels).Leaf(),
        ];
        DerivativeCase.Check(
            inputs,
            x => Fused.GroupNorm(x[0], groups, x[1], x[2], 1e-5, slope),
            x => F.leaky_relu(F.group_norm(x[0], groups, x[1], x[2], 1e-5), slope),
            tolerance: type == ScalarType.Float32 ? 1e-5 : 3 * type.Rounding(),
            second: type == ScalarType.Float32 ? 1e-4 : null
        );
    }

    [Theory]
    [InlineData(ScalarType.Float32, false, true, 0.0)]
    [InlineData(ScalarType.Float32, true, true, 0.0)]
    [InlineData(ScalarType.Float32, true, false, 0.1)]
    [InlineData(ScalarType.Float32, false, false, 1.0)]
    [InlineData(ScalarType.BFloat16, true, true, 1.0)]
    public void Batch_normalization_adds_normalizes_and_activates(
        ScalarType type,
        bool hasResidual,
        bool training,
        double slope
    )
    {
        using DisposeScope scope = NewDisposeScope();
        const long Channels = 16;
        Tensor mean = Setup.Drawn(7, ScalarType.Float32, Channels),
            variance = Setup.Drawn(8, ScalarType.Float32, Channels).square() + 0.5;
        Tensor[] inputs =
        [
            (Setup.Drawn(1, type, 6, Channels, 5, 4) + 1).ChannelsLast().Leaf(),
            Setup.Drawn(3, ScalarType.Float32, Channels).Leaf(),
            Setup.Drawn(4, ScalarType.Float32, Channels).Leaf(),
            .. hasResidual ? new[] { Setup.Drawn(2, type, 6, Channels, 5, 4).ChannelsLast().Leaf() } : [],
        ];
        var options = new BatchNormOptions { Training = training, NegativeSlope = slope };
        // The sum goes on to the next residual, so a share of the loss hangs on it.
        DerivativeCase.Check(
            inputs,
            x =>
            {
                (Tensor activated, Tensor sum) = Fused.BatchNorm(
                    x[0],
                    hasResidual ? x[3] : null,
                    x[1],
                    x[2],
                    (mean.clone(), variance.clone()),
                    options
                );
                return cat([activated, sum], 1);
            },
            x =>
            {
                Tensor sum = hasResidual ? x[0] + x[3] : x[0];
                Tensor normalized = F.batch_norm(
                    sum,
                    mean.to(ScalarType.Float64),
                    variance.to(ScalarType.Float64),
                    x[1],
                    x[2],
                    training,
                    0.1,
                    1e-5
                );
                return cat([F.leaky_relu(normalized, slope), sum], 1);
            },
            tolerance: type == ScalarType.Float32 ? 2e-5 : 3 * type.Rounding(),
            second: type == ScalarType.Float32 ? 2e-4 : null
        );
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Batch_normalization_moves_running_statistics_where_asked(bool moves)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = (Setup.Drawn(1, ScalarType.Float32, 6, 16, 5, 4) + 1).ChannelsLast();
        Tensor mean = zeros(16),
            variance = ones(16),
            expectedMean = zeros(16, ScalarType.Float64),
            expectedVariance = ones(16, ScalarType.Float64);
        Fused.BatchNorm(
            images,
            null,
            ones(16),
            zeros(16),
            (mean, variance),
            new BatchNormOptions { MovesStatistics = moves }
        );
        if (moves)
            F.batch_norm(images.to(ScalarType.Float64), expectedMean, expectedVariance, training: true, momentum: 0.1);
        Setup.Near(mean, expectedMean, 1e-6, "running mean");
        Setup.Near(variance, expectedVariance, 1e-6, "running variance");
    }

    [Theory]
    [InlineData(3, 16, 3, 1, 9)]
    [InlineData(16, 32, 3, 2, 8)]
    [InlineData(16, 32, 1, 2, 8)]
    [InlineData(32, 16, 3, 1, 7)]
    [InlineData(20, 16, 3, 1, 6)]
    public void Convolution_of_bfloat16_is_that_of_libtorch_in_float64(
        long inputs,
        long outputs,
        long kernel,
        long stride,
        long size
    )
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Setup.Drawn(1, ScalarType.BFloat16, 4, inputs, size, size).ChannelsLast().Leaf();
        Tensor weight = (
            Setup.Drawn(2, ScalarType.Float32, outputs, inputs, kernel, kernel) / Math.Sqrt(inputs * kernel * kernel)
        )
            .to(ScalarType.BFloat16)
            .ChannelsLast()
            .Leaf();
        DerivativeCase.Check(
            [images, weight],
            x => Fused.Convolution(x[0], x[1], stride, kernel / 2),
            x => F.conv2d(x[0], x[1], strides: [stride, stride], padding: [kernel / 2, kernel / 2]),
            tolerance: 2 * ScalarType.BFloat16.Rounding(),
            second: 8 * ScalarType.BFloat16.Rounding()
        );
    }

    [Theory]
    [InlineData(ScalarType.Float32, 50, 37, 24, 8, true)]
    [InlineData(ScalarType.Float32, 4, 5, 3, 3, false)]
    [InlineData(ScalarType.BFloat16, 33, 33, 16, 16, true)]
    public void Attention_is_the_formula(
        ScalarType type,
        long queries,
        long keys,
        long width,
        long valueWidth,
        bool hasMask
    )
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? mask = hasMask ? Setup.Drawn(9, ScalarType.Float32, 2, 1, 1, keys) : null;
        Tensor[] inputs =
        [
            Setup.Drawn(1, type, 2, 3, queries, width).Leaf(),
            Setup.Drawn(2, type, 2, 3, keys, width).Leaf(),
            Setup.Drawn(3, type, 2, 3, keys, valueWidth).Leaf(),
        ];
        DerivativeCase.Check(
            inputs,
            x => Fused.Attention(x[0], x[1], x[2], mask),
            x =>
            {
                Tensor products = matmul(x[0], x[1].transpose(2, 3)) / Math.Sqrt(width);
                return matmul(F.softmax(mask is null ? products : products + mask.to(ScalarType.Float64), -1), x[2]);
            },
            tolerance: type == ScalarType.Float32 ? 1e-5 : 3 * type.Rounding(),
            second: type == ScalarType.Float32 ? 1e-4 : null
        );
    }

    [Fact]
    public void Strided_inputs_give_the_same_as_their_copies_also_in_second_derivatives()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = Setup.Drawn(1, ScalarType.Float32, 6, 5, 24);
        Tensor scale = Setup.Drawn(2, ScalarType.Float32, 12),
            shift = Setup.Drawn(3, ScalarType.Float32, 12);
        foreach (
            Func<Tensor, Tensor> fused in new Func<Tensor, Tensor>[]
            {
                x => Fused.Gelu(x),
                x => Fused.LayerNorm(x, scale, shift),
            }
        )
        {
            Tensor strided = wide.Leaf(),
                copied = wide.Leaf();
            Tensor half = strided.narrow(2, 3, 12),
                copy = copied.narrow(2, 3, 12).contiguous();
            Assert.False(half.is_contiguous());
            Tensor a = fused(half),
                b = fused(copy);
            Assert.Equal(b.data<float>().ToArray(), a.data<float>().ToArray());
            autograd
                .grad([a.square().sum()], [strided], retain_graph: true, create_graph: true)[0]
                .square()
                .sum()
                .backward();
            autograd
                .grad([b.square().sum()], [copied], retain_graph: true, create_graph: true)[0]
                .square()
                .sum()
                .backward();
            AutogradNode.ThrowIfFailed();
            Setup.Near(strided.grad!, copied.grad!, 1e-6, "second derivative");
        }
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        int before = get_num_threads();
        try
        {
            string[] results =
            [
                .. new[] { 1, 2, 3 }.Select(threads =>
                {
                    using DisposeScope scope = NewDisposeScope();
                    set_num_threads(threads);
                    Tensor images = Setup.Drawn(1, ScalarType.BFloat16, 40, 32, 16, 16).ChannelsLast().Leaf();
                    Tensor weight = (Setup.Drawn(2, ScalarType.Float32, 32, 32, 3, 3) * 0.1)
                        .to(ScalarType.BFloat16)
                        .ChannelsLast()
                        .Leaf();
                    Tensor scale = ones(32).Leaf(),
                        shift = zeros(32).Leaf();
                    Tensor hidden = Fused
                        .BatchNorm(
                            Fused.Convolution(images, weight, 1, 1),
                            null,
                            scale,
                            shift,
                            (zeros(32), ones(32)),
                            new BatchNormOptions()
                        )
                        .Activated;
                    Fused
                        .GroupNorm(Fused.Gelu(hidden), 4, scale, shift)
                        .to(ScalarType.Float32)
                        .square()
                        .sum()
                        .backward();
                    AutogradNode.ThrowIfFailed();
                    return string.Join(
                        ' ',
                        new[] { images, weight, scale, shift }.Select(leaf =>
                            Convert.ToHexString(leaf.grad!.contiguous().bytes.ToArray())
                        )
                    );
                }),
            ];
            Assert.Equal(results[0], results[1]);
            Assert.Equal(results[0], results[2]);
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Fact]
    public void Mistaken_shapes_are_refused_where_libtorch_would_end_the_process()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Setup.Drawn(1, ScalarType.Float32, 2, 6, 4, 4);
        Assert.Throws<ArgumentException>(() => Fused.LayerNorm(images, ones(3), zeros(4)));
        Assert.Throws<ArgumentException>(() => Fused.GroupNorm(images, 4, ones(6), zeros(6)));
        Assert.Throws<ArgumentException>(() =>
            Fused.BatchNorm(images, null, ones(5), zeros(6), (zeros(6), ones(6)), new BatchNormOptions())
        );
        Assert.Throws<ArgumentException>(() =>
            Fused.BatchNorm(
                images,
                images.narrow(0, 0, 1),
                ones(6),
                zeros(6),
                (zeros(6), ones(6)),
                new BatchNormOptions()
            )
        );
        Assert.Throws<ArgumentException>(() =>
            Fused.BatchNorm(ones(1, 6), null, ones(6), zeros(6), (zeros(6), ones(6)), new BatchNormOptions())
        );
        Assert.Throws<ArgumentException>(() => Fused.Convolution(images, ones(4, 5, 3, 3)));
        Assert.Throws<ArgumentException>(() => Fused.Convolution(images, ones(4, 6, 7, 7)));
        Assert.Throws<ArgumentException>(() => Fused.Attention(images, images, images.narrow(2, 0, 3)));
    }

    private static Tensor ExactGelu(Tensor x, bool byTanh) =>
        byTanh
            ? x * (1 + ((x + (x.pow(3) * 0.044715)) * Math.Sqrt(2 / Math.PI)).tanh()) / 2
            : x * (1 + (x / Math.Sqrt(2)).erf()) / 2;
}
