using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sharpless.Kernels.Tests;

/// <summary>
/// The convolution against seven plain loops in float64. On a processor without AVX512-BF16 the same tests hold
/// libtorch's convolution to the same contract.
/// </summary>
public class ConvolutionTests
{
    private sealed record Sizes(
        int Batch,
        int Inputs,
        int Height,
        int Width,
        int Outputs,
        int Kernel,
        int Stride,
        int Padding
    )
    {
        internal int OutHeight => ((Height + (2 * Padding) - Kernel) / Stride) + 1;
        internal int OutWidth => ((Width + (2 * Padding) - Kernel) / Stride) + 1;
        internal int InputCount => Batch * Height * Width * Inputs;
        internal int WeightCount => Outputs * Kernel * Kernel * Inputs;
        internal int OutputCount => Batch * OutHeight * OutWidth * Outputs;
    }

    [Theory]
    [InlineData(3, 16, 32, 32, 16, 3, 1, 1)] // the layers of a narrow ResNet
    [InlineData(3, 16, 32, 32, 32, 3, 2, 1)]
    [InlineData(3, 16, 32, 32, 32, 1, 2, 0)]
    [InlineData(5, 32, 16, 16, 32, 3, 1, 1)]
    [InlineData(30, 32, 8, 8, 32, 3, 1, 1)] // enough images to take the same position of several at once
    [InlineData(27, 64, 4, 4, 32, 3, 1, 1)]
    [InlineData(26, 32, 8, 8, 32, 3, 2, 1)]
    [InlineData(3, 1, 28, 28, 16, 3, 1, 1)] // MNIST's sizes: 28, 14, 7, 4
    [InlineData(4, 16, 14, 14, 32, 3, 2, 1)]
    [InlineData(25, 32, 7, 7, 64, 3, 2, 1)]
    [InlineData(3, 3, 32, 32, 64, 3, 1, 1)] // three channels
    [InlineData(3, 3, 16, 16, 32, 4, 2, 1)]
    [InlineData(2, 32, 12, 12, 48, 4, 2, 1)]
    [InlineData(1, 16, 7, 7, 16, 3, 1, 1)] // a batch of one
    [InlineData(2, 48, 9, 13, 80, 3, 1, 1)] // nothing divides anything
    [InlineData(2, 16, 11, 13, 16, 5, 3, 2)]
    [InlineData(2, 16, 8, 8, 16, 3, 2, 0)]
    [InlineData(2, 16, 1, 1, 16, 3, 1, 1)]
    [InlineData(2, 16, 70, 30, 16, 3, 1, 1)] // several chunks of rows
    [InlineData(3, 20, 8, 8, 16, 3, 1, 1)] // partly ours: channels that are not a multiple of 16
    [InlineData(3, 16, 8, 8, 20, 3, 1, 1)] // libtorch's
    [InlineData(2, 8, 5, 6, 16, 1, 2, 1)] // one pixel of a padded image
    public void Output_and_gradients_in_bfloat16_match_plain_loops_in_float64(
        int batch,
        int inputs,
        int height,
        int width,
        int outputs,
        int kernel,
        int stride,
        int padding
    )
    {
        using DisposeScope scope = NewDisposeScope();
        var sizes = new Sizes(batch, inputs, height, width, outputs, kernel, stride, padding);
        (Tensor input, Tensor weight, Tensor given) = Random(sizes, ScalarType.BFloat16);
        Tensor output = Fused.Convolution(input, weight, stride, padding);
        output.backward([given]);
        AutogradNode.ThrowIfFailed();
        Assert.Equal(ScalarType.BFloat16, output.dtype);
        Assert.Equal([batch, outputs, sizes.OutHeight, sizes.OutWidth], output.shape);

        (double[] expected, double[] toInput, double[] toWeight) = PlainLoops(
            sizes,
            Values(input),
            Values(weight),
            Values(given)
        );
        AssertClose("output", expected, Values(output));
        AssertClose("gradient of the input", toInput, Values(input.grad!));
        AssertClose("gradient of the weight", toWeight, Values(weight.grad!));
    }

    // Many of them are wrong by tens of per cent in libtorch 2.10 on some processors (PyTorch issue 163347). There the
    // way around them is taken in any case, on others when they are said not to be trusted.
    [Theory]
    [InlineData(1, false, ScalarType.BFloat16, false)]
    [InlineData(1, false, ScalarType.BFloat16, true)]
    [InlineData(1, true, ScalarType.BFloat16, false)]
    [InlineData(1, true, ScalarType.BFloat16, true)]
    [InlineData(3, false, ScalarType.BFloat16, false)]
    [InlineData(3, false, ScalarType.BFloat16, true)]
    [InlineData(3, true, ScalarType.BFloat16, false)]
    [InlineData(3, true, ScalarType.BFloat16, true)]
    [InlineData(1, false, ScalarType.Float32, false)]
    [InlineData(1, false, ScalarType.Float32, true)]
    [InlineData(1, true, ScalarType.Float32, false)]
    [InlineData(1, true, ScalarType.Float32, true)]
    [InlineData(4, false, ScalarType.Float32, false)]
    [InlineData(4, false, ScalarType.Float32, true)]
    [InlineData(4, true, ScalarType.Float32, false)]
    [InlineData(4, true, ScalarType.Float32, true)]
    public void Shapes_that_no_kernel_takes_are_right_too(
        int kernel,
        bool isRowMajor,
        ScalarType type,
        bool isDistrusted
    )
    {
        using Distrust? distrust = isDistrusted ? new Distrust() : null;
        double tolerance = type == ScalarType.Float32 ? 1e-4 : 1.0 / 256;
        int padding = kernel == 1 ? 0 : 1;
        foreach (int inputs in (int[])[1, 2, 8, 17, 48])
            foreach (int outputs in (int[])[1, 4, 16, 20])
                foreach (int stride in (int[])[1, 2])
                    foreach (int height in (int[])[kernel == 4 ? 2 : 1, 9])
                    {
                        using DisposeScope scope = NewDisposeScope();
                        var sizes = new Sizes(2, inputs, height, height, outputs, kernel, stride, padding);
                        (Tensor input, Tensor weight, Tensor given) = Random(sizes, type);
                        if (isRowMajor)
                            (input, weight, given) = (input.contiguous().Leaf(), weight.contiguous().Leaf(), given.contiguous());
                        Tensor output = Fused.Convolution(input, weight, stride, padding);
                        output.backward([given]);
                        AutogradNode.ThrowIfFailed();
                        (double[] expected, double[] toInput, double[] toWeight) = PlainLoops(
                            sizes,
                            Values(input),
                            Values(weight),
                            Values(given)
                        );
                        AssertClose($"{sizes}: output", expected, Values(output), tolerance);
                        AssertClose($"{sizes}: gradient of the input", toInput, Values(input.grad!), tolerance);
                        AssertClose($"{sizes}: gradient of the weight", toWeight, Values(weight.grad!), tolerance);
                    }
    }

    [Theory]
    [InlineData(3, 3, 15, 15, 32, 2, ScalarType.Float32)]
    [InlineData(3, 3, 32, 32, 32, 2, ScalarType.Float32)]
    [InlineData(2, 8, 32, 32, 8, 3, ScalarType.Float32)]
    [InlineData(3, 15, 32, 32, 32, 2, ScalarType.Float32)]
    [InlineData(1, 8, 32, 32, 8, 2, ScalarType.BFloat16)]
    [InlineData(4, 12, 1, 1, 8, 2, ScalarType.Float32)]
    public void Strided_kernels_of_one_pixel_over_few_channels_do_not_end_the_process(
        int batch,
        int inputs,
        int height,
        int width,
        int outputs,
        int stride,
        ScalarType type
    )
    {
        // Where libtorch 2.10 writes past its workspace (oneDNN issue 6035).
        using DisposeScope scope = NewDisposeScope();
        var sizes = new Sizes(batch, inputs, height, width, outputs, 1, stride, 0);
        (Tensor input, Tensor weight, Tensor given) = Random(sizes, type);
        Tensor output = Fused.Convolution(input, weight, stride);
        Assert.True(((TensorView)output).IsChannelsLast);
        output.backward([given]);
        (double[] expected, double[] toInput, double[] toWeight) = PlainLoops(
            sizes,
            Values(input),
            Values(weight),
            Values(given)
        );
        AssertClose("output", expected, Values(output));
        AssertClose("gradient of the input", toInput, Values(input.grad!));
        AssertClose("gradient of the weight", toWeight, Values(weight.grad!));
    }

    [Theory]
    [InlineData(3, 16, 1, 1)]
    [InlineData(1, 5, 2, 1)]
    [InlineData(4, 1, 2, 0)]
    public void Where_libtorch_is_not_trusted_second_derivatives_are_right(int inputs, int outputs, int stride, int padding)
    {
        // The gradient of |d(sum y³)/dx|² + |d(sum y³)/dw|², in float32 against libtorch's in float64.
        using DisposeScope scope = NewDisposeScope();
        using var distrust = new Distrust();
        var sizes = new Sizes(2, inputs, 7, 7, outputs, padding == 0 ? 1 : 3, stride, padding);
        (Tensor input, Tensor weight, _) = Random(sizes, ScalarType.Float32);
        Tensor[] actual = Second(input, weight, (x, w) => Fused.Convolution(x, w, stride, padding)),
            expected = Second(
                input.Exact(),
                weight.Exact(),
                (x, w) => F.conv2d(x, w, strides: [stride, stride], padding: [padding, padding])
            );
        AutogradNode.ThrowIfFailed();
        for (int i = 0; i < actual.Length; i++)
            Setup.Near(actual[i], expected[i], 1e-4, i == 0 ? "to the input" : "to the weight");

        static Tensor[] Second(Tensor x, Tensor w, Func<Tensor, Tensor, Tensor> convolution)
        {
            Tensor loss = convolution(x, w).pow(3).sum();
            IList<Tensor> first = autograd.grad([loss], [x, w], retain_graph: true, create_graph: true);
            Tensor length = first[0].square().sum() + first[1].square().sum();
            return [.. autograd.grad([length], [x, w])];
        }
    }

    private sealed class Distrust : IDisposable
    {
        internal Distrust() => LibtorchConvolution.IsDistrusted = true;

        public void Dispose() => LibtorchConvolution.IsDistrusted = false;
    }

    [Fact]
    public void Float32_goes_to_libtorch_bit_for_bit()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, Tensor given) = Random(new Sizes(2, 16, 8, 8, 16, 3, 1, 1), ScalarType.Float32);
        Tensor again = input.Leaf(),
            weightAgain = weight.Leaf();
        Tensor own = Fused.Convolution(input, weight, 1, 1),
            libtorch = F.conv2d(again, weightAgain, padding: [1, 1]);
        Assert.Equal(Values(libtorch), Values(own));
        own.backward([given]);
        libtorch.backward([given]);
        Assert.Equal(Values(again.grad!), Values(input.grad!));
        Assert.Equal(Values(weightAgain.grad!), Values(weight.grad!));
    }

    [Fact]
    public void In_float64_all_derivatives_are_those_of_libtorch()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, _) = Random(new Sizes(2, 3, 5, 5, 4, 3, 2, 1), ScalarType.Float64);
        DerivativeCase.Check(
            [input, weight],
            x => Fused.Convolution(x[0], x[1], 2, 1),
            x => F.conv2d(x[0], x[1], strides: [2, 2], padding: [1, 1]),
            tolerance: 1e-12,
            second: 1e-12
        );
    }

    [Fact]
    public void Images_that_are_not_channels_last_give_the_same_numbers()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, _) = Random(new Sizes(2, 16, 8, 8, 16, 3, 1, 1), ScalarType.BFloat16);
        AssertClose(
            "output",
            Values(Fused.Convolution(input, weight, 1, 1)),
            Values(Fused.Convolution(input.contiguous(), weight.contiguous(), 1, 1))
        );
    }

    [Fact]
    public void A_gradient_that_is_one_number_everywhere_is_spread_out()
    {
        using DisposeScope scope = NewDisposeScope();
        var sizes = new Sizes(2, 16, 6, 6, 16, 3, 1, 1);
        (Tensor input, Tensor weight, _) = Random(sizes, ScalarType.BFloat16);
        // libtorch hands over a tensor of strides 0.
        Fused.Convolution(input, weight, 1, 1).sum().backward();
        double[] everywhere = [.. Enumerable.Repeat(1.0, sizes.OutputCount)];
        AssertClose(
            "gradient of the input",
            PlainLoops(sizes, Values(input), Values(weight), everywhere).ToInput,
            Values(input.grad!)
        );
    }

    [Fact]
    public void Only_the_gradients_asked_for_are_there_and_they_do_not_depend_on_the_others()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, Tensor given) = Random(new Sizes(4, 16, 8, 8, 32, 3, 1, 1), ScalarType.BFloat16);
        Tensor[] both = Gradients(input, weight, input, weight);
        Assert.Equal(Values(both[1]), Values(Gradients(input.detach(), weight, weight)[0]));
        Assert.Equal(Values(both[0]), Values(Gradients(input, weight.detach(), input)[0]));

        Tensor[] Gradients(Tensor x, Tensor w, params Tensor[] of) =>
            [.. autograd.grad([Fused.Convolution(x, w, 1, 1)], of, [given])];
    }

    [Fact]
    public void Without_gradient_mode_the_output_is_the_same_and_remembers_nothing()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, _) = Random(new Sizes(2, 16, 8, 8, 16, 3, 1, 1), ScalarType.BFloat16);
        double[] expected = Values(Fused.Convolution(input, weight, 1, 1));
        using IDisposable off = no_grad();
        Tensor output = Fused.Convolution(input, weight, 1, 1);
        Assert.False(output.requires_grad);
        Assert.Equal(expected, Values(output));
    }

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Gradients_can_be_differentiated_again(ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, _) = Random(new Sizes(2, 16, 5, 5, 16, 3, 1, 1), type);
        double[] own = SecondGradient(Fused.Convolution(input, weight, 1, 1)),
            libtorch = SecondGradient(F.conv2d(input, weight, padding: [1, 1]));
        // Several roundings to bfloat16 in a row.
        AssertClose("gradient of the gradient's square", libtorch, own, tolerance: 0.03);

        double[] SecondGradient(Tensor output)
        {
            Tensor sum = output.square().sum();
            Tensor gradient = autograd.grad([sum], [weight], retain_graph: true, create_graph: true)[0];
            return Values(autograd.grad([(gradient * gradient).sum()], [input])[0]);
        }
    }

    [Fact]
    public void Nothing_gives_nothing()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            Tensor input = ones([0, 16, 8, 8], type).ChannelsLast().Leaf(),
                weight = ones([16, 16, 3, 3], type).Leaf();
            Tensor output = Fused.Convolution(input, weight, 2, 1);
            Assert.Equal([0, 16, 4, 4], output.shape);
            output.sum().backward();
            Assert.Equal(0, weight.grad!.abs().sum().to(ScalarType.Float32).item<float>());
        }
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        if (!KernelLibrary.HasConvolution)
            return; // a promise of the kernels
        using DisposeScope scope = NewDisposeScope();
        ThreadCounts.AssertSame(() =>
        {
            var sizes = new Sizes(26, 32, 8, 8, 32, 3, 1, 1);
            (Tensor input, Tensor weight, Tensor given) = Random(sizes, ScalarType.BFloat16);
            Tensor output = Fused.Convolution(input, weight, 1, 1);
            output.backward([given]);
            return [output, input.grad!, weight.grad!];
        });
    }

    [Fact]
    public void Misfits_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = zeros(2, 16, 8, 8);
        Refused("The weight [16, 32, 3, 3] does not go with the input [2, 16, 8, 8]", images, zeros(16, 32, 3, 3));
        Refused("The weight is [16, 16, 3, 3] BFloat16", images, zeros([16, 16, 3, 3], ScalarType.BFloat16));
        Refused("at least one output", images, zeros(0, 16, 3, 3));
        Refused("The kernel [9, 3] is larger than the padded input [2, 16, 8, 8]", images, zeros(16, 16, 9, 3));
        Refused("does not go with", images[0], zeros(16, 16, 3, 3));
        Tensor whole = images.to(ScalarType.Int64);
        Refused("expected a floating type", whole, zeros([16, 16, 3, 3], ScalarType.Int64));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fused.Convolution(images, zeros(16, 16, 3, 3), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fused.Convolution(images, zeros(16, 16, 3, 3), 1, -1));

        static void Refused(string expected, Tensor input, Tensor weight) =>
            Assert.Contains(
                expected,
                Assert.Throws<ArgumentException>(() => Fused.Convolution(input, weight)).Message,
                StringComparison.Ordinal
            );
    }

    // Images channels-last; the weight a view into a larger flat buffer, as a model over flat weights has it.
    private static (Tensor Input, Tensor Weight, Tensor Given) Random(Sizes sizes, ScalarType type)
    {
        var random = new Random(sizes.InputCount);
        Tensor input = Flat(sizes.InputCount)
            .view(sizes.Batch, sizes.Height, sizes.Width, sizes.Inputs)
            .permute(0, 3, 1, 2);
        Tensor weight = Flat(sizes.WeightCount + 50)
            .narrow(0, 34, sizes.WeightCount)
            .view(sizes.Outputs, sizes.Kernel, sizes.Kernel, sizes.Inputs)
            .permute(0, 3, 1, 2);
        Tensor given = Flat(sizes.OutputCount)
            .view(sizes.Batch, sizes.OutHeight, sizes.OutWidth, sizes.Outputs)
            .permute(0, 3, 1, 2);
        return (input.Leaf(), weight.Leaf(), given);

        Tensor Flat(int count) =>
            tensor(Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1)).ToArray()).to(type);
    }

    // In the order [first][height][width][second], whatever the strides.
    private static double[] Values(Tensor tensor) =>
        tensor.detach().permute(0, 2, 3, 1).to(ScalarType.Float64).contiguous().data<double>().ToArray();

    private static (double[] Output, double[] ToInput, double[] ToWeight) PlainLoops(
        Sizes s,
        double[] x,
        double[] w,
        double[] g
    )
    {
        double[] output = new double[s.OutputCount],
            toInput = new double[s.InputCount],
            toWeight = new double[s.WeightCount];
        for (int n = 0; n < s.Batch; n++)
            for (int h = 0; h < s.OutHeight; h++)
                for (int v = 0; v < s.OutWidth; v++)
                    for (int co = 0; co < s.Outputs; co++)
                        for (int kh = 0; kh < s.Kernel; kh++)
                            for (int kw = 0; kw < s.Kernel; kw++)
                                for (int ci = 0; ci < s.Inputs; ci++)
                                {
                                    int row = (h * s.Stride) + kh - s.Padding,
                                        column = (v * s.Stride) + kw - s.Padding;
                                    if (row < 0 || row >= s.Height || column < 0 || column >= s.Width)
                                        continue;
                                    int y = (((((n * s.OutHeight) + h) * s.OutWidth) + v) * s.Outputs) + co;
                                    int i = (((((n * s.Height) + row) * s.Width) + column) * s.Inputs) + ci;
                                    int k = (((((co * s.Kernel) + kh) * s.Kernel) + kw) * s.Inputs) + ci;
                                    output[y] += w[k] * x[i];
                                    toInput[i] += w[k] * g[y];
                                    toWeight[k] += x[i] * g[y];
                                }

        return (output, toInput, toWeight);
    }

    // bfloat16 rounds to 2^-9 of a value. Sums are made in float32, whose error shows only next to values far below the
    // typical one.
    private static void AssertClose(string what, double[] expected, double[] actual, double tolerance = 1.0 / 256)
    {
        Assert.Equal(expected.Length, actual.Length);
        double typical = Math.Sqrt(expected.Average(value => value * value));
        for (int i = 0; i < expected.Length; i++)
        {
            double allowed = tolerance * (Math.Abs(expected[i]) + (typical / 4));
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= allowed,
                $"{what}[{i}] is {actual[i]:g9}, expected {expected[i]:g9} within {allowed:g3}."
            );
        }
    }
}
