using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

public class WeightPassTests
{
    private const int Count = 200_003; // several chunks and a rest

    [
        Theory,
        InlineData(ScalarType.Float32, false),
        InlineData(ScalarType.Float32, true),
        InlineData(ScalarType.BFloat16, false),
        InlineData(ScalarType.BFloat16, true)
    ]
    public void The_squared_norm_is_the_sum_in_float64(ScalarType type, bool hasMask)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = Setup.Drawn(1, type, Count),
            mask = Mask();
        double expected = (hasMask ? values.masked_select(mask) : values)
            .to(ScalarType.Float64)
            .square()
            .sum()
            .item<double>();
        Assert.Equal(expected, WeightPass.SquaredNorm(values, hasMask ? mask : null), 1e-10 * expected);
        values[7] = float.NaN;
        Assert.True(double.IsNaN(WeightPass.SquaredNorm(values)));
    }

    [Theory, InlineData(ScalarType.Float32, false), InlineData(ScalarType.BFloat16, true)]
    public void The_ascent_moves_the_point_and_never_the_master(ScalarType type, bool hasMask)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor master = Setup.Drawn(1, ScalarType.Float32, Count),
            gradient = Setup.Drawn(2, type, Count),
            point = zeros(Count, type),
            mask = Mask();
        float[] before = master.data<float>().ToArray();
        WeightPass.Ascend(master, gradient, 0.25, hasMask ? mask : null, point);
        Tensor moved = master + (gradient.to(ScalarType.Float32) * 0.25f);
        Tensor expected = (hasMask ? where(mask, moved, master) : moved).to(type);
        Assert.Equal(0, (point - expected).abs().max().to(ScalarType.Float32).item<float>());
        Assert.Equal(before, master.data<float>().ToArray());
        WeightPass.CopyToPoint(master, point);
        Assert.Equal(0, (point - master.to(type)).abs().max().to(ScalarType.Float32).item<float>());
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

        Assert.Equal(reference.data<float>().ToArray(), master.data<float>().ToArray());
        Assert.Equal(0, (point - master.to(ScalarType.BFloat16)).abs().max().to(ScalarType.Float32).item<float>());
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

    [Fact]
    public void Pruned_weights_stay_and_their_momentum_is_0()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mask = Mask(),
            pruned = mask.logical_not();
        Tensor master = Setup.Drawn(1, ScalarType.Float32, Count).masked_fill(pruned, 0),
            gradient = Setup.Drawn(2, ScalarType.Float32, Count),
            point = zeros(Count),
            momentum = ones(Count);
        WeightPass.Descend(master, gradient, momentum, 0.1, 0.9, 1e-2, mask, point);
        WeightPass.DescendAdam(master, gradient, (momentum, ones(Count)), 1, new AdamRates(), mask, point);
        WeightPass.Ascend(master, gradient, 1, mask, point);
        foreach (Tensor vector in new[] { master, momentum, point })
            Assert.Equal(0, vector.masked_select(pruned).abs().sum().item<float>());
        Assert.NotEqual(0, master.masked_select(mask).abs().sum().item<float>());
    }

    [Fact]
    public void Misfits_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => WeightPass.Ascend(ones(4), ones(5), 1, null, ones(4)));
        Assert.Throws<ArgumentException>(() =>
            WeightPass.Ascend(ones(4, ScalarType.Float64), ones(4), 1, null, ones(4))
        );
        Assert.Throws<ArgumentException>(() => WeightPass.Ascend(ones(4), ones(4), 1, ones(4), ones(4)));
        Assert.Throws<ArgumentException>(() => WeightPass.CopyToPoint(ones(2, 2), ones(2, 2)));
        Assert.Throws<ArgumentException>(() => WeightPass.SquaredNorm(ones(8).as_strided([4], [2])));
    }

    private static Tensor Mask() => Setup.Drawn(5, ScalarType.Float32, Count) > 0;
}
