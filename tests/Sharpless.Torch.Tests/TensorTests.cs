using Sharpless.Kernels;

namespace Sharpless.Torch.Tests;

public class TensorTests
{
    [Fact]
    public void Values_survive_the_way_in_and_out_for_every_type()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([1, 255], Tensor.From<byte>([1, 255]).ToArray<byte>());
        Assert.Equal([-1, 127], Tensor.From<sbyte>([-1, 127]).ToArray<sbyte>());
        Assert.Equal([short.MinValue, 2], Tensor.From<short>([short.MinValue, 2]).ToArray<short>());
        Assert.Equal([int.MinValue, 2], Tensor.From<int>([int.MinValue, 2]).ToArray<int>());
        Assert.Equal([long.MinValue, 2], Tensor.From<long>([long.MinValue, 2]).ToArray<long>());
        Assert.Equal([(Half)1.5, (Half)(-2)], Tensor.From([(Half)1.5, (Half)(-2)]).ToArray<Half>());
        Assert.Equal([1.5f, float.NegativeInfinity], Tensor.From([1.5f, float.NegativeInfinity]).ToArray<float>());
        Assert.Equal([Math.PI, double.Epsilon], Tensor.From([Math.PI, double.Epsilon]).ToArray<double>());
        Assert.Equal([true, false], Tensor.From([true, false]).ToArray<bool>());
        Assert.Equal([0x3F80, 0xC000], Tensor.FromBits<ushort>([0x3F80, 0xC000], ScalarType.BFloat16, 2).ToArray<ushort>());
        Assert.Equal([1f, -2f], Tensor.FromBits<ushort>([0x3F80, 0xC000], ScalarType.BFloat16, 2).To(ScalarType.Float32).ToArray<float>());
    }

    [Fact]
    public void A_view_is_read_row_major()
    {
        using var scope = NewDisposeScope();
        Tensor matrix = Tensor.From([1f, 2, 3, 4, 5, 6], 2, 3);
        Assert.Equal([1f, 4, 2, 5, 3, 6], matrix.transpose(0, 1).ToArray<float>());
        Assert.False(matrix.transpose(0, 1).is_contiguous());
        Assert.Throws<InvalidOperationException>(() => matrix.transpose(0, 1).Data<float>().Length);
        Assert.Equal([2L, 5L], matrix.narrow(1, 1, 1).To(ScalarType.Int64).ToArray<long>());
    }

    [Fact]
    public void Channels_last_keeps_the_logical_order()
    {
        using var scope = NewDisposeScope();
        Tensor images = arange(0, 24, ScalarType.Float32).reshape(1, 2, 3, 4);
        Tensor last = images.Contiguous(memory_format.channels_last);
        Assert.Equal([24, 1, 8, 2], last.stride());
        Assert.Equal(images.ToArray<float>(), last.ToArray<float>());
    }

    [Fact]
    public void Reading_with_the_wrong_width_is_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<InvalidOperationException>(() => zeros([2]).ToArray<double>());
        Assert.Contains("Double is not as wide as the elements of [2] Float32", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_must_fill_the_shape()
    {
        var error = Assert.Throws<ArgumentException>(() => Tensor.From([1f, 2f], 3));
        Assert.Contains("2 values do not fill the shape [3] of 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scope_frees_what_was_made_inside_and_keeps_what_is_kept()
    {
        long before = Runtime.LiveTensors;
        Tensor kept;
        using (var scope = NewDisposeScope())
        {
            Tensor temporary = zeros([4]);
            kept = scope.MoveToOuter(temporary + 1);
            Assert.Equal(before + 2, Runtime.LiveTensors);
        }

        Assert.Equal(before + 1, Runtime.LiveTensors);
        Assert.Equal([1f, 1f, 1f, 1f], kept.ToArray<float>());
        kept.Dispose();
        Assert.Equal(before, Runtime.LiveTensors);
    }

    [Fact]
    public void A_tensor_made_outside_all_scopes_outlives_them()
    {
        Tensor owned;
        using (NewDisposeScope())
        using (new Outside()) owned = full([2], 3, ScalarType.Float32);
        Assert.Equal([3f, 3f], owned.ToArray<float>());
        owned.Dispose();
    }

    [Fact]
    public void Gradients_add_up_in_place_in_a_view_of_a_flat_buffer()
    {
        using var scope = NewDisposeScope();
        Tensor flat = Tensor.From([1f, 2, 3]), flatGradient = zeros([3]);
        Tensor leaf = flat.as_strided([2], [1], 1);
        leaf.requires_grad = true;
        leaf.grad = flatGradient.as_strided([2], [1], 1);
        (leaf * leaf).sum().Backward();
        (leaf * leaf).sum().Backward();
        Assert.Equal([0f, 8f, 12f], flatGradient.ToArray<float>());
    }

    [Fact]
    public void Second_derivatives_can_be_had()
    {
        using var scope = NewDisposeScope();
        Tensor x = Tensor.From([3.0]), unused = Tensor.From([1.0]);
        x.requires_grad = unused.requires_grad = true;
        Tensor?[] first = x.pow(3).sum().Gradients([x, unused], createGraph: true);
        Assert.Null(first[1]);
        Assert.Equal(27.0, first[0]!.Item());
        Assert.Equal(18.0, first[0]!.sum().Gradients([x])[0]!.Item());
    }

    [Fact]
    public void Activations_and_softmax_follow_their_formulas()
    {
        using var scope = NewDisposeScope();
        Tensor x = Tensor.From([-30.0, -2, -0.5, 0, 0.3, 1, 2, 40]);
        double[] values = x.ToArray<double>(), exponentials = [.. values.Select(Math.Exp)];
        Close([.. values.Select(value => 3 * value > 20 ? value : Math.Log(1 + Math.Exp(3 * value)) / 3)], nn.functional.softplus(x, 3));
        Close([.. exponentials.Select(value => value / exponentials.Sum())], x.softmax(0));
        Close([.. values.Select(value => value - Math.Log(exponentials.Sum()))], x.log_softmax(0));
        Close([.. values.Select(Math.Tanh)], x.tanh());
        Close([.. values.Select(value => 0.5 * value * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (value + (0.044715 * value * value * value)))))], Fused.Gelu(x, byTanh: true));
        // 1 Φ(1) and -2 Φ(-2), from tables of the normal distribution.
        double[] gelu = Fused.Gelu(x).ToArray<double>();
        Assert.Equal((0.841344746, -0.045500264, 0.0, 40.0), (Math.Round(gelu[5], 9), Math.Round(gelu[1], 9), gelu[3], gelu[7]));

        static void Close(double[] expected, Tensor actual) =>
            Assert.All(expected.Zip(actual.ToArray<double>()), pair => Assert.Equal(pair.First, pair.Second, 1e-12 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public void Windows_are_pooled_to_their_maximum_and_incomplete_ones_left_out()
    {
        using var scope = NewDisposeScope();
        Tensor images = arange(0, 25, ScalarType.Float32).reshape(1, 1, 5, 5);
        Assert.Equal([6, 8, 16, 18], nn.functional.max_pool2d(images, 2).ToArray<float>());
        Assert.Equal(images.ToArray<float>(), nn.functional.max_pool2d(images, 1).ToArray<float>());
        Assert.Equal([12, 14, 22, 24], nn.functional.max_pool2d(images, 3, 2).ToArray<float>());
    }

    [Fact]
    public void Padding_counts_from_the_last_dimension()
    {
        using var scope = NewDisposeScope();
        Tensor padded = nn.functional.pad(Tensor.From([1f, 2, 3, 4], 1, 1, 2, 2), [1, 0, 0, 2], value: -7);
        Assert.Equal([1, 1, 4, 3], padded.shape);
        Assert.Equal([-7, 1, 2, -7, 3, 4, -7, -7, -7, -7, -7, -7], padded.ToArray<float>());
    }

    [Fact]
    public void Expanding_repeats_without_a_copy()
    {
        using var scope = NewDisposeScope();
        Tensor row = arange(0, 3, ScalarType.Float32).reshape(1, 3), expanded = row.expand(2, -1);
        Assert.Equal([0, 1, 2, 0, 1, 2], expanded.ToArray<float>());
        Assert.Equal(0, expanded.stride()[0]);
    }

    [Fact]
    public void Nothing_is_recorded_while_the_gradient_mode_is_off()
    {
        using var scope = NewDisposeScope();
        Tensor x = Tensor.From([3f]);
        x.requires_grad = true;
        using (no_grad()) Assert.False((x * 2).requires_grad);
        Assert.True((x * 2).requires_grad);
    }

    [Fact]
    public void A_generator_goes_on_from_its_saved_state()
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(7);
        Tensor first = zeros([5]), second = zeros([5]), again = zeros([5]);
        first.normal_(0, 1, generator);
        Tensor state = generator.get_state();
        second.normal_(0, 1, generator);
        generator.set_state(state);
        again.normal_(0, 1, generator);
        Assert.Equal(second.ToArray<float>(), again.ToArray<float>());
        Assert.NotEqual(first.ToArray<float>(), again.ToArray<float>());
    }

    [Fact]
    public void Devices_are_read_and_absent_ones_refused()
    {
        Assert.Equal(CPU, Devices.Parse("cpu"));
        Assert.Throws<ArgumentException>(() => Devices.Parse("gpu"));
        Assert.Throws<ArgumentException>(() => Devices.Parse($"cuda:{Runtime.CudaDevices}"));
    }

    [Fact]
    public void Order_statistics_comparisons_and_running_sums_go_along_one_dimension()
    {
        using var scope = NewDisposeScope();
        Tensor matrix = Tensor.From([3f, 1, 2, 1, 9, 1], 2, 3);
        Assert.Equal([2f, 1], matrix.KthSmallest(2).ToArray<float>());
        Assert.Equal([3f, 9, 2], matrix.KthSmallest(2, 0).ToArray<float>());
        Assert.Equal([2, 1], matrix.KthSmallest(3, keep: true).shape);
        Assert.Equal([3f, 4, 6, 1, 10, 11], matrix.cumsum(1).ToArray<float>());
        Tensor small = matrix.lt(matrix.KthSmallest(2, keep: true) + 1), equal = matrix.eq(full([], 1, ScalarType.Float32));
        Assert.Equal([false, true, true, true, false, true], small.ToArray<bool>());
        Assert.Equal([0L, 1, 2, 1, 1, 2], small.cumsum(1).ToArray<long>());
        Assert.Equal([false, true, false, true, false, true], small.logical_and(equal).ToArray<bool>());
        Assert.Equal([true, true, false, true, true, true], small.logical_not().logical_or(equal).ToArray<bool>());
    }
}
