using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

// Convolution where libtorch's own is wrong in some shapes: see LibtorchConvolution.
public static partial class Fused
{
    private static bool IsInDoubt(TensorView input) =>
        input.IsOnCpu
        && input.Type is LibtorchImports.BFloat16 or LibtorchImports.Float32
        && input.Count > 0
        && !LibtorchConvolution.IsTrusted;

    // Libtorch's derivative of the convolution's derivative goes through shapes that nobody chose, so that it is ours.
    private static Tensor ConvolutionInDoubt(Tensor input, Tensor weight, long stride, long padding, Tensor? bias)
    {
        Tensor output;
        using (no_grad())
        {
            output = InTrustedLayout(input, weight, stride, padding);
        }

        if (AutogradNode.IsNeeded(input, weight))
        {
            using Tensor computed = output;
            Span<TensorView> outputs = [((TensorView)computed).Again()];
            AutogradNode.Record(
                [input, weight],
                outputs,
                [input, weight],
                new KernelImports.ConvolutionShape { Stride = stride, Padding = padding },
                DerivativeInDoubt
            );
            output = Result(outputs[0]);
        }

        if (bias is null)
            return output;
        using Tensor without = output,
            each = bias.reshape(1, -1, 1, 1);
        return without + each;
    }

    private static void DerivativeInDoubt(ref AutogradNode.Pass pass)
    {
        var shape = (KernelImports.ConvolutionShape)pass.State;
        (long stride, long padding) = (shape.Stride, shape.Padding);
        using Tensor inputs = pass.Saved(0).ToTensor(),
            weights = pass.Saved(1).ToTensor();
        if (AutogradNode.Pass.IsDifferentiated)
        {
            AutogradNode.DifferentiateAgain(
                ref pass,
                again => [Unfolded(again[0], again[1], stride, padding)],
                inputs,
                weights
            );
            return;
        }

        if (pass.Gradient(0).IsNone)
            return;
        using DisposeScope scope = NewDisposeScope();
        Tensor given = pass.Gradient(0).ToTensor().to(inputs.dtype),
            x = inputs.detach().requires_grad_(pass.Needs(0)),
            w = weights.detach().requires_grad_(pass.Needs(1));
        Tensor[] needed = [.. new[] { x, w }.Where(tensor => tensor.requires_grad)];
        IList<Tensor> found;
        using (enable_grad())
        {
            found = autograd.grad([InTrustedLayout(x, w, stride, padding)], needed, [given]);
        }

        if (pass.Needs(0))
            pass.Return(0, found[0]);
        if (pass.Needs(1))
            pass.Return(1, found[^1]);
    }

    // What is right on every processor: images that are channels-last without a doubt, which one channel leaves open,
    // and in bfloat16 no smaller than the kernel. Zeros in a second channel change no sum.
    private static Tensor InTrustedLayout(Tensor input, Tensor weight, long stride, long padding)
    {
        using DisposeScope scope = NewDisposeScope();
        ScalarType type = input.dtype;
        bool isRowMajor = !((TensorView)input).IsChannelsLast;
        Tensor images = input,
            filters = weight;
        if (type == ScalarType.BFloat16 && (input.size(2) < weight.size(2) || input.size(3) < weight.size(3)))
            (images, filters) = (images.to(ScalarType.Float32), filters.to(ScalarType.Float32));
        if (weight.size(1) == 1)
            (images, filters) = (cat([images, zeros_like(images)], 1), cat([filters, zeros_like(filters)], 1));
        if (weight.size(0) == 1)
            filters = cat([filters, zeros_like(filters)], 0);
        if (IsUnsafe(images, filters, stride))
        {
            // One pixel looks at one pixel, so those between them can be left out before.
            images = nn.functional.pad(images, [padding, padding, padding, padding])[
                TensorIndex.Colon,
                TensorIndex.Colon,
                TensorIndex.Slice(step: stride),
                TensorIndex.Slice(step: stride)
            ];
            (stride, padding) = (1, 0);
        }

        images = images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        filters = filters.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        Tensor output = Libtorchs(images, filters, stride, padding, null);
        if (weight.size(0) == 1)
            output = output.narrow(1, 0, 1);
        output = output.to(type);
        return (isRowMajor ? output.contiguous() : Like(output, input)).MoveToOuterDisposeScope();
    }

    // The images' patches as columns, times the weight: slow, and every derivative of it is right.
    private static Tensor Unfolded(Tensor input, Tensor weight, long stride, long padding)
    {
        long kernelHeight = weight.size(2),
            kernelWidth = weight.size(3),
            height = ((input.size(2) + (2 * padding) - kernelHeight) / stride) + 1,
            width = ((input.size(3) + (2 * padding) - kernelWidth) / stride) + 1;
        Tensor columns = nn.functional.unfold(
            input,
            (kernelHeight, kernelWidth),
            padding: (padding, padding),
            stride: (stride, stride)
        );
        return weight.flatten(1).matmul(columns).view(input.size(0), weight.size(0), height, width);
    }
}
