using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

public static partial class Fused
{
    /// <summary>
    /// 2-D convolution without groups or dilation. BFloat16 channels-last images on a processor with AVX512-BF16
    /// run on the kernel.
    /// </summary>
    /// <param name="input">[B, C, H, W].</param>
    /// <param name="weight">[O, C, kh, kw], of the input's type.</param>
    /// <param name="stride">1 or more, along both axes.</param>
    /// <param name="padding">Zeros on every side.</param>
    /// <param name="bias">[O], or null.</param>
    /// <returns>[B, O, H', W'].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    /// <remarks>The choice of kernel depends on shapes and types alone, so a resumed run makes the same one.</remarks>
    public static unsafe Tensor Convolution(
        Tensor input,
        Tensor weight,
        long stride = 1,
        long padding = 0,
        Tensor? bias = null
    )
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(weight);
        if (input.dim() != 4 || weight.dim() != 4 || input.size(1) != weight.size(1))
            throw new ArgumentException(
                $"The weight {weight.ShapeText()} does not go with the input {input.ShapeText()}; "
                    + "expected [O, C, kh, kw] and [B, C, H, W].",
                nameof(weight)
            );
        RequireFloating(input, nameof(input));
        if (weight.dtype != input.dtype || weight.device_type != input.device_type || weight.size(0) < 1)
            throw new ArgumentException(
                $"The weight is {weight.ShapeText()} {weight.dtype} on {weight.device}, the input {input.dtype} on "
                    + $"{input.device}; both must have one type and place, and the weight at least one output.",
                nameof(weight)
            );
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        TensorView from = input;
        KernelImports.ConvolutionShape shape = ShapeOf(from, weight, stride, padding);
        if (shape.OutHeight < 1 || shape.OutWidth < 1)
            throw new ArgumentException(
                $"The kernel [{shape.KernelHeight}, {shape.KernelWidth}] is larger than the padded input "
                    + $"{input.ShapeText()}.",
                nameof(weight)
            );
        if (!IsForKernel(from, weight, shape))
            return Composed(input, weight, stride, padding, bias);
        if (bias is not null)
        {
            // Added afterwards it costs one more rounding, which bfloat16 does not notice.
            using Tensor without = Convolution(input, weight, stride, padding),
                each = bias.reshape(1, -1, 1, 1);
            return without + each;
        }

        bool isRecorded = AutogradNode.IsNeeded(input, weight);
        using Tensor weights = ChannelsLast(weight);
        TensorView to = TensorView.EmptyChannelsLast(
            LibtorchImports.BFloat16,
            shape.Batch,
            shape.OutChannels,
            shape.OutHeight,
            shape.OutWidth
        );
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_convolution(&shape, from.Data, ((TensorView)weights).Data, to.Data)
        );
        if (!isRecorded)
            return Result(to);
        Span<TensorView> outputs = [to];
        AutogradNode.Record([input, weight], outputs, [from, weight], shape, ConvolutionDerivative);
        return Result(outputs[0]);
    }

    private static unsafe void ConvolutionDerivative(ref AutogradNode.Pass pass)
    {
        var shape = (KernelImports.ConvolutionShape)pass.State;
        TensorView input = pass.Saved(0),
            weight = pass.Saved(1);
        if (AutogradNode.Pass.IsDifferentiated)
        {
            using Tensor inputs = input.ToTensor(),
                weights = weight.ToTensor();
            (long stride, long padding) = (shape.Stride, shape.Padding);
            AutogradNode.DifferentiateAgain(
                ref pass,
                again =>
                    [
                        IsInDoubt(again[0])
                            ? Unfolded(again[0], again[1], stride, padding)
                            : Composed(again[0], again[1], stride, padding),
                    ],
                inputs,
                weights
            );
            return;
        }

        if (pass.Gradient(0).IsNone)
            return;
        using Tensor given = pass.Gradient(0).ToTensor();
        using Tensor gradient = ChannelsLast(
            given.dtype == ScalarType.BFloat16 ? given : given.to(ScalarType.BFloat16)
        );
        bool toInputHere = shape.InChannels % 16 == 0,
            toWeightHere = toInputHere || shape.KernelWidth * shape.InChannels <= 16;
        if (pass.Needs(0) && toInputHere)
        {
            using Tensor weights = weight.ToTensor();
            using Tensor lastWeights = ChannelsLast(weights);
            TensorView toInput = TensorView.EmptyLike(input);
            pass.Return(0, toInput);
            KernelLibrary.ThrowIfFailed(
                KernelImports.sharpless_convolution_to_input(
                    &shape,
                    ((TensorView)gradient).Data,
                    ((TensorView)lastWeights).Data,
                    toInput.Data
                )
            );
        }

        if (pass.Needs(1) && toWeightHere)
        {
            TensorView toWeight = TensorView.EmptyChannelsLast(
                LibtorchImports.BFloat16,
                shape.OutChannels,
                shape.InChannels,
                shape.KernelHeight,
                shape.KernelWidth
            );
            pass.Return(1, toWeight);
            KernelLibrary.ThrowIfFailed(
                KernelImports.sharpless_convolution_to_weight(
                    &shape,
                    ((TensorView)gradient).Data,
                    input.Data,
                    toWeight.Data
                )
            );
        }

        bool restInput = pass.Needs(0) && !toInputHere,
            restWeight = pass.Needs(1) && !toWeightHere;
        if (!restInput && !restWeight)
            return;
        using Tensor rest = input.ToTensor(),
            restOf = weight.ToTensor();
        using Tensor x = rest.detach().requires_grad_(restInput),
            w = restOf.detach().requires_grad_(restWeight);
        Tensor[] needed = [.. new[] { x, w }.Where(tensor => tensor.requires_grad)];
        IList<Tensor> found;
        using (enable_grad())
        {
            using Tensor again = Composed(x, w, shape.Stride, shape.Padding);
            found = autograd.grad([again], needed, [gradient]);
        }

        if (restInput)
            pass.Return(0, found[0]);
        if (restWeight)
            pass.Return(1, found[^1]);
    }

    private static bool IsForKernel(TensorView input, TensorView weight, KernelImports.ConvolutionShape shape) =>
        KernelLibrary.HasConvolution
        && input.IsOnCpu
        && weight.IsOnCpu
        && input.Type == LibtorchImports.BFloat16
        && weight.Type == LibtorchImports.BFloat16
        && input.Count > 0
        && weight.Count > 0
        && shape.OutChannels % 16 == 0
        && input.IsChannelsLast
        && shape.Padding < shape.KernelHeight
        && shape.Padding < shape.KernelWidth;

    private static KernelImports.ConvolutionShape ShapeOf(
        TensorView input,
        TensorView weight,
        long stride,
        long padding
    )
    {
        ReadOnlySpan<long> x = input.Sizes,
            w = weight.Sizes;
        return new KernelImports.ConvolutionShape
        {
            Batch = x[0],
            InChannels = x[1],
            InHeight = x[2],
            InWidth = x[3],
            OutChannels = w[0],
            KernelHeight = w[2],
            KernelWidth = w[3],
            OutHeight = ((x[2] + (2 * padding) - w[2]) / stride) + 1,
            OutWidth = ((x[3] + (2 * padding) - w[3]) / stride) + 1,
            Stride = stride,
            Padding = padding,
        };
    }

    // A reference of its own in any case, so that it can be disposed.
    private static Tensor ChannelsLast(Tensor tensor) =>
        ((TensorView)tensor).IsChannelsLast
            ? ((TensorView)tensor).ToTensor()
            : tensor.detach().permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static Tensor Composed(Tensor input, Tensor weight, long stride, long padding, Tensor? bias = null)
    {
        if (IsInDoubt(input))
            return ConvolutionInDoubt(input, weight, stride, padding, bias);
        bool isUnsafe = IsUnsafe(input, weight, stride);
        Tensor output = Libtorchs(
            isUnsafe ? RowMajor(input) : input,
            isUnsafe ? RowMajor(weight) : weight,
            stride,
            padding,
            bias
        );
        return isUnsafe && ((TensorView)input).IsChannelsLast ? Like(output, input) : output;
    }

    private static Tensor Libtorchs(Tensor input, Tensor weight, long stride, long padding, Tensor? bias) =>
        nn.functional.conv2d(input, weight, bias, strides: [stride, stride], padding: [padding, padding]);

    // Whether the gradient of the weight would write past its workspace and end the process: oneDNN's kernel for 1x1
    // kernels with a stride over channels-last images of fewer channels than one block of 16 (oneDNN issue 6035, open
    // in the version of libtorch 2.10).
    internal static bool IsUnsafe(Tensor input, TensorView weight, long stride)
    {
        ReadOnlySpan<long> sizes = weight.Sizes;
        return weight.IsOnCpu && stride > 1 && sizes[1] < 16 && sizes[2] == 1 && sizes[3] == 1 && input.numel() > 0;
    }

    // With the strides of a row-major tensor, also where a dimension of 1 leaves them open: oneDNN's choice of a kernel
    // hangs on them.
    private static Tensor RowMajor(Tensor images) => images.reshape(images.size(0), -1).view(images.shape);
}
