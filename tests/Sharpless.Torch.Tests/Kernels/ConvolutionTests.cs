namespace Sharpless.Torch.Tests.Kernels;

/// <summary>
/// <c>sharpless::convolution</c> against seven plain loops in float64. On a CPU without AVX512-BF16 the same tests hold libtorch's convolution,
/// which then answers, to the same contract.
/// </summary>
public class ConvolutionTests
{
    private static readonly Operator Convolution = new("sharpless::convolution");
    private static readonly Operator LibtorchConvolution = new("aten::convolution");

    private static readonly long[] ToChannelsFirst = [0, 3, 1, 2];

    private sealed record Sizes(int Batch, int Inputs, int Height, int Width, int Outputs, int Kernel, int Stride, int Padding)
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
    public void Output_and_gradients_in_bfloat16_match_plain_loops_in_float64(
        int batch, int inputs, int height, int width, int outputs, int kernel, int stride, int padding)
    {
        using var scope = TensorScope.Begin();
        var sizes = new Sizes(batch, inputs, height, width, outputs, kernel, stride, padding);
        (Tensor input, Tensor weight, Tensor gradOutput) = Random(sizes, ScalarType.BFloat16);
        Tensor output = Convolution.Call(input, weight, stride, padding);
        Tensor?[] gradients = (output * gradOutput).To(ScalarType.Float32).Sum().Gradients([input, weight]);
        Assert.Equal(ScalarType.BFloat16, output.Type);
        Assert.Equal([batch, outputs, sizes.OutHeight, sizes.OutWidth], output.Shape);

        (double[] expected, double[] inputGradient, double[] weightGradient) = PlainLoops(sizes, Values(input), Values(weight), Values(gradOutput));
        AssertClose("output", expected, Values(output));
        AssertClose("gradient of the input", inputGradient, Values(gradients[0]!));
        AssertClose("gradient of the weight", weightGradient, Values(gradients[1]!));
    }

    [Fact]
    public void Float32_goes_to_libtorch_bit_for_bit()
    {
        using var scope = TensorScope.Begin();
        (Tensor input, Tensor weight, Tensor gradOutput) = Random(new Sizes(2, 16, 8, 8, 16, 3, 1, 1), ScalarType.Float32);
        Tensor own = Convolution.Call(input, weight, 1, 1), libtorch = Libtorch(input, weight, 1, 1);
        Assert.Equal(libtorch.ToArray<float>(), own.ToArray<float>());
        Tensor?[] ownGradients = (own * gradOutput).Sum().Gradients([input, weight]);
        Tensor?[] libtorchGradients = (libtorch * gradOutput).Sum().Gradients([input, weight]);
        for (int i = 0; i < 2; i++) Assert.Equal(libtorchGradients[i]!.ToArray<float>(), ownGradients[i]!.ToArray<float>());
    }

    [Fact]
    public void Images_that_are_not_channels_last_give_the_same_numbers()
    {
        using var scope = TensorScope.Begin();
        (Tensor input, Tensor weight, _) = Random(new Sizes(2, 16, 8, 8, 16, 3, 1, 1), ScalarType.BFloat16);
        AssertClose("output", Values(Convolution.Call(input, weight, 1, 1)), Values(Convolution.Call(input.Contiguous(), weight.Contiguous(), 1, 1)));
    }

    [Fact]
    public void A_gradient_that_is_one_number_everywhere_is_spread_out()
    {
        using var scope = TensorScope.Begin();
        var sizes = new Sizes(2, 16, 6, 6, 16, 3, 1, 1);
        (Tensor input, Tensor weight, _) = Random(sizes, ScalarType.BFloat16);
        Tensor? gradient = Convolution.Call(input, weight, 1, 1).Sum().Gradients([input])[0]; // libtorch hands over a tensor of strides 0
        double[] ones = Enumerable.Repeat(1.0, sizes.OutputCount).ToArray();
        AssertClose("gradient of the input", PlainLoops(sizes, Values(input), Values(weight), ones).InputGradient, Values(gradient!));
    }

    [Fact]
    public void Only_the_gradients_asked_for_are_there_and_they_do_not_depend_on_the_others()
    {
        using var scope = TensorScope.Begin();
        (Tensor input, Tensor weight, Tensor gradOutput) = Random(new Sizes(4, 16, 8, 8, 32, 3, 1, 1), ScalarType.BFloat16);
        Tensor?[] both = (Convolution.Call(input, weight, 1, 1) * gradOutput).Sum().Gradients([input, weight]);
        Tensor?[] onlyWeight = (Convolution.Call(input.Detach(), weight, 1, 1) * gradOutput).Sum().Gradients([weight]);
        Tensor?[] onlyInput = (Convolution.Call(input, weight.Detach(), 1, 1) * gradOutput).Sum().Gradients([input]);
        Assert.Equal(Values(both[1]!), Values(onlyWeight[0]!));
        Assert.Equal(Values(both[0]!), Values(onlyInput[0]!));
    }

    [Fact]
    public void Without_gradient_mode_the_output_is_the_same_and_remembers_nothing()
    {
        using var scope = TensorScope.Begin();
        (Tensor input, Tensor weight, _) = Random(new Sizes(2, 16, 8, 8, 16, 3, 1, 1), ScalarType.BFloat16);
        double[] expected = Values(Convolution.Call(input, weight, 1, 1));
        using GradientMode off = GradientMode.Off();
        Tensor output = Convolution.Call(input, weight, 1, 1);
        Assert.False(output.RequiresGradient);
        Assert.Equal(expected, Values(output));
    }

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Gradients_can_be_differentiated_again(ScalarType type)
    {
        using var scope = TensorScope.Begin();
        (Tensor input, Tensor weight, _) = Random(new Sizes(2, 16, 5, 5, 16, 3, 1, 1), type);
        double[] own = SecondGradient(Convolution.Call(input, weight, 1, 1)), libtorch = SecondGradient(Libtorch(input, weight, 1, 1));
        AssertClose("gradient of the gradient's square", libtorch, own, tolerance: 0.03); // several roundings to bfloat16 in a row

        double[] SecondGradient(Tensor output)
        {
            Tensor gradient = (output * output).Sum().Gradients([weight], createGraph: true)[0]!;
            return Values((gradient * gradient).Sum().Gradients([input])[0]!);
        }
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        if (!Runtime.CpuHasBFloat16) return;
        using var scope = TensorScope.Begin();
        (Tensor input, Tensor weight, Tensor gradOutput) = Random(new Sizes(26, 32, 8, 8, 32, 3, 1, 1), ScalarType.BFloat16);
        ThreadCounts.AssertSame(() =>
        {
            Tensor output = Convolution.Call(input, weight, 1, 1);
            Tensor?[] gradients = (output * gradOutput).Sum().Gradients([input, weight]);
            return [Values(output), Values(gradients[0]!), Values(gradients[1]!)];
        });
    }

    [Fact]
    public void Channels_that_do_not_fit_are_told_with_the_shapes()
    {
        using var scope = TensorScope.Begin();
        Tensor input = Tensor.Zeros([2, 16, 8, 8], ScalarType.BFloat16), weight = Tensor.Zeros([16, 32, 3, 3], ScalarType.BFloat16);
        var error = Assert.Throws<TorchException>(() => Convolution.Call(input, weight, 1, 1));
        Assert.StartsWith("sharpless::convolution([2, 16, 8, 8] BFloat16, [16, 32, 3, 3] BFloat16", error.Message, StringComparison.Ordinal);
    }

    // Images channels-last; the weight a view into a larger flat buffer, as a model over flat weights has it.
    private static (Tensor Input, Tensor Weight, Tensor GradOutput) Random(Sizes sizes, ScalarType type)
    {
        var random = new Random(sizes.InputCount);
        Tensor Flat(int count) => Tensor.From(Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1)).ToArray(), count).To(type);
        Tensor input = Flat(sizes.InputCount).Reshape(sizes.Batch, sizes.Height, sizes.Width, sizes.Inputs).Permute(ToChannelsFirst);
        Tensor weight = Flat(sizes.WeightCount + 50).Narrow(0, 34, sizes.WeightCount)
            .Reshape(sizes.Outputs, sizes.Kernel, sizes.Kernel, sizes.Inputs).Permute(ToChannelsFirst);
        Tensor gradOutput = Flat(sizes.OutputCount).Reshape(sizes.Batch, sizes.OutHeight, sizes.OutWidth, sizes.Outputs).Permute(ToChannelsFirst);
        input.RequiresGradient = true;
        weight.RequiresGradient = true;
        return (input, weight, gradOutput);
    }

    private static Tensor Libtorch(Tensor input, Tensor weight, long stride, long padding) => LibtorchConvolution.Call(
        input, weight, Argument.None, new[] { stride, stride }, new[] { padding, padding }, new long[] { 1, 1 }, false, new long[] { 0, 0 }, 1);

    // In the order [first][height][width][second], whatever the strides.
    private static double[] Values(Tensor tensor) =>
        Array.ConvertAll(tensor.Detach().Permute(0, 2, 3, 1).To(ScalarType.Float32).Contiguous().ToArray<float>(), value => (double)value);

    private static (double[] Output, double[] InputGradient, double[] WeightGradient) PlainLoops(Sizes s, double[] x, double[] w, double[] g)
    {
        double[] output = new double[s.OutputCount], inputGradient = new double[s.InputCount], weightGradient = new double[s.WeightCount];
        for (int n = 0; n < s.Batch; n++)
            for (int h = 0; h < s.OutHeight; h++)
                for (int v = 0; v < s.OutWidth; v++)
                    for (int co = 0; co < s.Outputs; co++)
                        for (int kh = 0; kh < s.Kernel; kh++)
                            for (int kw = 0; kw < s.Kernel; kw++)
                                for (int ci = 0; ci < s.Inputs; ci++)
                                {
                                    int row = (h * s.Stride) + kh - s.Padding, column = (v * s.Stride) + kw - s.Padding;
                                    if (row < 0 || row >= s.Height || column < 0 || column >= s.Width) continue;
                                    int y = (((((n * s.OutHeight) + h) * s.OutWidth) + v) * s.Outputs) + co;
                                    int i = (((((n * s.Height) + row) * s.Width) + column) * s.Inputs) + ci;
                                    int k = (((((co * s.Kernel) + kh) * s.Kernel) + kw) * s.Inputs) + ci;
                                    output[y] += w[k] * x[i];
                                    inputGradient[i] += w[k] * g[y];
                                    weightGradient[k] += x[i] * g[y];
                                }

        return (output, inputGradient, weightGradient);
    }

    // bfloat16 rounds to 2^-9 of a value. Sums are made in float32, whose error shows only next to values far below the typical one.
    private static void AssertClose(string what, double[] expected, double[] actual, double tolerance = 1.0 / 256)
    {
        Assert.Equal(expected.Length, actual.Length);
        double typical = Math.Sqrt(expected.Average(value => value * value));
        for (int i = 0; i < expected.Length; i++)
        {
            double allowed = tolerance * (Math.Abs(expected[i]) + (typical / 4));
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= allowed,
                $"{what}[{i}] is {actual[i]:g9}, expected {expected[i]:g9} within {allowed:g3}.");
        }
    }
}
