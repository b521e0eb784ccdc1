using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sharpless.Kernels.Tests;

public class LayerNormTests
{
    [Theory]
    [InlineData(3, 5, ScalarType.Float32, 2e-5)]
    [InlineData(200, 128, ScalarType.Float32, 2e-5)]
    [InlineData(67, 37, ScalarType.Float32, 2e-5)]
    [InlineData(2, 37, ScalarType.Float64, 1e-10)]
    [InlineData(200, 128, ScalarType.BFloat16, 0.012)]
    [InlineData(67, 37, ScalarType.BFloat16, 0.012)]
    public void Output_and_gradients_are_those_of_the_formula_in_float64(
        long rows,
        long width,
        ScalarType type,
        double tolerance
    )
    {
        using DisposeScope scope = NewDisposeScope();
        DerivativeCase.Check(
            Inputs(type, rows, width),
            x => Fused.LayerNorm(x[0], x[1], x[2]),
            x => Formula(x[0], x[1], x[2]),
            tolerance,
            second: type == ScalarType.BFloat16 ? 0.05 : 10 * tolerance
        );
    }

    [Theory, InlineData(true), InlineData(false)]
    public void The_variance_survives_a_mean_far_from_zero(bool hasKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        using var kernels = new KernelSwitch(hasKernels);
        Tensor expected = tensor(new[] { -1.3416407865, -0.4472135955, 0.4472135955, 1.3416407865 }),
            row = tensor(new[] { 10000f, 10001f, 10002f, 10003f });
        Setup.Near(Fused.LayerNorm(row, ones(4), zeros(4), 1e-12), expected, 1e-5, "output");
    }

    [Fact]
    public void Rows_apart_and_turned_matrices_have_the_same_derivatives()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = Inputs(ScalarType.Float32, 6, 8);
        // Every second row of six, the columns of a matrix, and parameters with gaps: no stretch of memory.
        DerivativeCase.Check(
            inputs,
            x => Fused.LayerNorm(x[0].view(3, 2, 8).select(1, 1), x[1], x[2]),
            x => Formula(x[0].view(3, 2, 8).select(1, 1), x[1], x[2]),
            tolerance: 2e-5,
            second: 2e-4
        );
        Tensor turned = Setup.Drawn(4, ScalarType.Float32, 8, 6).t();
        DerivativeCase.Check(
            [turned.Leaf(), ones(16).as_strided([8], [2]).Leaf(), zeros(16).as_strided([8], [2]).Leaf()],
            x => Fused.LayerNorm(x[0], x[1], x[2]),
            x => Formula(x[0], x[1], x[2]),
            tolerance: 2e-5,
            second: 2e-4
        );
    }

    [Fact]
    public void A_transposed_input_and_gradient_give_the_same_numbers()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = Inputs(ScalarType.Float32, 64, 64);
        Tensor factors = Setup.Drawn(5, ScalarType.Float32, 64, 64);
        Setup.Near(Gradient(Turned(inputs[0]), Turned(factors)), Gradient(inputs[0], factors), 0, "gradient");

        static Tensor Turned(Tensor tensor) => tensor.detach().t().contiguous().t();

        Tensor Gradient(Tensor x, Tensor given)
        {
            Tensor leaf = x.Leaf();
            Fused.LayerNorm(leaf, inputs[1], inputs[2]).backward([given]);
            AutogradNode.ThrowIfFailed();
            return leaf.grad!;
        }
    }

    [Fact]
    public void Parameters_of_another_type_are_computed_in_it()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = Inputs(ScalarType.Float64, 6, 8);
        Tensor output = Fused.LayerNorm(inputs[0].to(ScalarType.BFloat16), inputs[1], inputs[2]);
        Assert.Equal(ScalarType.BFloat16, output.dtype);
        Setup.Near(output, Formula(inputs[0], inputs[1], inputs[2]), 0.012, "output");
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 0)]
    public void Nothing_gives_nothing(long rows, long width)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = ones(rows, width).Leaf(),
            scale = ones(width).Leaf();
        Tensor output = Fused.LayerNorm(input, scale, zeros(width));
        Assert.Equal([rows, width], output.shape);
        output.sum().backward();
        Assert.Equal(0, scale.grad!.abs().sum().item<float>());
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        ThreadCounts.AssertSame(() =>
        {
            Tensor[] inputs = Inputs(ScalarType.BFloat16, 1000, 33);
            Tensor output = Fused.LayerNorm(inputs[0], inputs[1], inputs[2]);
            (output * Setup.Drawn(9, ScalarType.BFloat16, 1000, 33)).sum().backward();
            return [output, .. inputs.Select(input => input.grad!)];
        });
    }

    [Fact]
    public void Misfits_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = zeros(2, 3),
            three = zeros(3);
        Refused("scale has shape [4], expected [3] for the input [2, 3]", input, zeros(4), three);
        Refused("shift has shape [3, 1], expected [3]", input, three, zeros(3, 1));
        Refused("shift is BFloat16 on cpu, expected Float32", input, three, three.to(ScalarType.BFloat16));
        Refused("scale is Int64", input, three.to(ScalarType.Int64), three.to(ScalarType.Int64));
        Refused("input is [2, 3] Int64, expected a floating type", input.to(ScalarType.Int64), three, three);
        Refused("scale has shape [3]", tensor(1f), three, three);

        static void Refused(string expected, Tensor input, Tensor scale, Tensor shift) =>
            Assert.Contains(
                expected,
                Assert.Throws<ArgumentException>(() => Fused.LayerNorm(input, scale, shift)).Message,
                StringComparison.Ordinal
            );
    }

    private static Tensor[] Inputs(ScalarType type, long rows, long width)
    {
        ScalarType parameters = type == ScalarType.Float64 ? type : ScalarType.Float32;
        return
        [
            (Setup.Drawn(1, type, rows, width) + 0.5).Leaf(),
            (Setup.Drawn(2, parameters, width) + 1).Leaf(),
            Setup.Drawn(3, parameters, width).Leaf(),
        ];
    }

    private static Tensor Formula(Tensor x, Tensor scale, Tensor shift)
    {
        Tensor apart = x - x.mean([-1], keepdim: true);
        return (apart / (apart.square().mean([-1], keepdim: true) + 1e-5).sqrt() * scale) + shift;
    }
}
