using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sharpless.Kernels.Tests;

/// <summary>The fused operator beside its definition in float64, with the kernels and without.</summary>
public class AttentionTests
{
    [Theory]
    [InlineData(2, 3, 4, 5, 6, 2, false, ScalarType.Float32)]
    [InlineData(1, 2, 65, 65, 32, 32, false, ScalarType.Float32)]
    [InlineData(3, 2, 33, 17, 20, 48, true, ScalarType.Float32)]
    [InlineData(2, 3, 4, 5, 6, 2, true, ScalarType.Float64)]
    [InlineData(1, 2, 65, 65, 32, 32, false, ScalarType.BFloat16)]
    [InlineData(3, 2, 33, 17, 20, 48, true, ScalarType.BFloat16)]
    public void Output_and_gradients_are_those_of_the_definition(
        long batch,
        long heads,
        long queries,
        long keys,
        long width,
        long valueWidth,
        bool masks,
        ScalarType type
    )
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? mask = null;
        if (masks)
        {
            mask = zeros([batch, 1, 1, keys], type);
            mask[0].narrow(2, keys - 2, 2).fill_(double.NegativeInfinity);
        }

        // libtorch rounds products and weights to bfloat16, the kernel does not; gradients pass the inputs' type, too.
        double tolerance = type switch
        {
            ScalarType.Float64 => 1e-12,
            ScalarType.Float32 => 1e-5,
            _ => 0.012,
        };
        DerivativeCase.Check(
            [
                Setup.Drawn(1, type, batch, heads, queries, width).Leaf(),
                Setup.Drawn(2, type, batch, heads, keys, width).Leaf(),
                Setup.Drawn(3, type, batch, heads, keys, valueWidth).Leaf(),
            ],
            x => Fused.Attention(x[0], x[1], x[2], mask),
            x => Defined(x[0], x[1], x[2], mask),
            tolerance,
            second: type == ScalarType.BFloat16 ? null : 10 * tolerance
        );
    }

    public static TheoryData<long[]> MaskShapes() =>
        [[], [5], [1], [4, 5], [4, 1], [3, 4, 5], [2, 1, 4, 5], [1, 3, 1, 5], [2, 3, 4, 5]];

    [Theory, MemberData(nameof(MaskShapes))]
    public void A_mask_of_any_shape_that_spreads_is_added(long[] shape)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float64 })
        {
            Tensor mask = Setup.Drawn(4, type, shape),
                turned = shape.Length < 2 ? mask : mask.transpose(-1, -2).contiguous().transpose(-1, -2);
            Tensor[] inputs =
            [
                Setup.Drawn(1, ScalarType.Float32, 2, 3, 4, 6),
                Setup.Drawn(2, ScalarType.Float32, 2, 3, 5, 6),
                Setup.Drawn(3, ScalarType.Float32, 2, 3, 5, 2),
            ];
            Tensor expected = Defined(inputs[0].Exact(), inputs[1].Exact(), inputs[2].Exact(), mask);
            foreach (bool hasKernels in new[] { true, false })
            {
                using var kernels = new KernelSwitch(hasKernels);
                Setup.Near(Fused.Attention(inputs[0], inputs[1], inputs[2], mask), expected, 1e-5, $"{type}");
                Setup.Near(Fused.Attention(inputs[0], inputs[1], inputs[2], turned), expected, 1e-5, $"{type} turned");
            }
        }
    }

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Heads_side_by_side_are_read_and_written_where_they_lie(ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor tokens = Setup.Drawn(3, type, 2, 7, 3 * 24).Leaf();
        Tensor apart = Fused.Attention(Part(0), Part(1), Part(2)),
            copied = Fused.Attention(Part(0).contiguous(), Part(1).contiguous(), Part(2).contiguous());
        Setup.Near(apart, copied, 0, "output");
        // [B, Q, heads, V] in memory: merging the heads copies nothing.
        Assert.True(apart.transpose(1, 2).is_contiguous());
        Tensor weight = Setup.Drawn(4, type, 2, 4, 7, 6);
        (apart * weight).sum().backward();
        Tensor first = tokens.grad!.clone();
        tokens.grad!.zero_();
        (copied * weight).sum().backward();
        Setup.Near(first, tokens.grad!, 0, "gradient");
        AutogradNode.ThrowIfFailed();

        Tensor Part(long place) => tokens.narrow(2, 24 * place, 24).view(2, 7, 4, 6).transpose(1, 2);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_masked_key_has_no_weight_at_all(bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Tensor queries = Setup.Drawn(1, ScalarType.Float32, 1, 1, 3, 8),
            keys = Setup.Drawn(2, ScalarType.Float32, 1, 1, 4, 8),
            mask = tensor(new[] { 0f, 0f, float.NegativeInfinity, 0f });
        Setup.Near(Output(1e30f), Output(0), 0, "output");

        Tensor Output(float value)
        {
            Tensor values = Setup.Drawn(3, ScalarType.Float32, 1, 1, 4, 8);
            values.select(2, 2).fill_(value);
            return Fused.Attention(queries, keys, values, mask);
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Large_products_do_not_overflow(bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Tensor keys = tensor(new[] { 1000f, 999f, -1000f }).view(1, 1, 3, 1),
            values = tensor(new[] { 1f, 2f, 3f }).view(1, 1, 3, 1);
        Assert.Equal(1, Fused.Attention(full([1, 1, 1, 1], 1000f), keys, values).item<float>());
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Rows_that_lie_apart_in_memory_have_the_same_derivatives(bool hasMask)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? mask = hasMask ? Setup.Drawn(4, ScalarType.Float32, 1, 1, 5, 6) : null;
        Tensor[] inputs =
        [
            Setup.Drawn(1, ScalarType.Float32, 2, 2, 4, 5).transpose(2, 3).Leaf(),
            Setup.Drawn(2, ScalarType.Float32, 2, 2, 4, 6).transpose(2, 3).Leaf(),
            Setup.Drawn(3, ScalarType.Float32, 2, 2, 3, 6).transpose(2, 3).Leaf(),
        ];
        DerivativeCase.Check(
            inputs,
            x => Fused.Attention(x[0], x[1], x[2], mask),
            x => Defined(x[0], x[1], x[2], mask),
            tolerance: 1e-5,
            second: 1e-4
        );
    }

    [Fact]
    public void One_tensor_in_three_places_has_the_sum_of_their_derivatives()
    {
        using DisposeScope scope = NewDisposeScope();
        DerivativeCase.Check(
            [Setup.Drawn(1, ScalarType.Float32, 1, 2, 5, 4).Leaf()],
            x => Fused.Attention(x[0], x[0], x[0]),
            x => Defined(x[0], x[0], x[0], null),
            tolerance: 1e-5,
            second: 1e-4
        );
    }

    [Fact]
    public void A_mask_gets_no_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (bool hasKernels in new[] { true, false })
        {
            using var kernels = new KernelSwitch(hasKernels);
            Tensor heads = Setup.Drawn(1, ScalarType.Float32, 1, 2, 5, 4).Leaf(),
                mask = zeros(5).Leaf();
            Fused.Attention(heads, heads, heads, mask).sum().backward();
            Assert.NotNull(heads.grad);
            Assert.Null(mask.grad);
            Assert.False(Fused.Attention(heads.detach(), heads.detach(), heads.detach(), mask).requires_grad);
        }
    }

    [Theory]
    [InlineData(0, 2, 3, 5)]
    [InlineData(2, 0, 3, 5)]
    [InlineData(2, 2, 0, 5)]
    [InlineData(2, 2, 3, 0)]
    public void Nothing_gives_nothing(long batch, long heads, long queries, long keys)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor q = ones(batch, heads, queries, 4).Leaf(),
            k = ones(batch, heads, keys, 4).Leaf();
        Tensor output = Fused.Attention(q, k, k, zeros(keys));
        Assert.Equal([batch, heads, queries, 4], output.shape);
        Assert.Equal(0, output.abs().sum().item<float>());
        output.sum().backward();
        Assert.Equal(q.shape, q.grad!.shape);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        ThreadCounts.AssertSame(() =>
        {
            Tensor[] inputs =
            [
                .. Enumerable.Range(1, 3).Select(i => Setup.Drawn(i, ScalarType.BFloat16, 3, 3, 40, 16).Leaf()),
            ];
            Tensor output = Fused.Attention(inputs[0], inputs[1], inputs[2]);
            (output * Setup.Drawn(9, ScalarType.BFloat16, 3, 3, 40, 16)).sum().backward();
            return [output, .. inputs.Select(input => input.grad!)];
        });
    }

    [Fact]
    public void Misfits_are_named_where_libtorch_would_end_the_process()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor four = zeros(1, 2, 3, 4),
            five = zeros(1, 2, 3, 5);
        Refused("Queries [1, 2, 3, 4] Float32, keys [1, 2, 3, 5] Float32", four, five, four);
        Refused("values [1, 2, 3, 4] BFloat16 do not fit", four, four, four.to(ScalarType.BFloat16));
        Refused("keys [1, 2, 3, 4] Float64", four, four.to(ScalarType.Float64), four);
        Tensor whole = four.to(ScalarType.Int64);
        Refused("of one floating type", whole, whole, whole);
        Refused("expected [B, heads, Q, D]", four[0], four[0], four[0]);
        Refused("The mask [7] on cpu does not spread to [B, heads, Q, T], here [1, 2,", four, four, four, zeros(7));
        Refused("The mask [1, 1, 1, 1, 1]", four, four, four, zeros([1, 1, 1, 1, 1]));

        static void Refused(string expected, Tensor q, Tensor k, Tensor v, Tensor? mask = null) =>
            Assert.Contains(
                expected,
                Assert.Throws<ArgumentException>(() => Fused.Attention(q, k, v, mask)).Message,
                StringComparison.Ordinal
            );
    }

    private static Tensor Defined(Tensor q, Tensor k, Tensor v, Tensor? mask)
    {
        Tensor products = matmul(q, k.transpose(2, 3)) / Math.Sqrt(q.size(3));
        return matmul(F.softmax(mask is null ? products : products + mask.to(ScalarType.Float64), -1), v);
    }
}
