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
        using (DisposeScope scope = NewDisposeScope())
        {
            output = TrustedConvolution.Of(input, weight, stride, padding).Forward().MoveToOuterDisposeScope();
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

    private static unsafe void DerivativeInDoubt(ref AutogradNode.Pass pass)
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
        using IDisposable off = no_grad();
        var trusted = TrustedConvolution.Of(inputs, weights, stride, padding);
        (Tensor? toInput, Tensor? toWeight) = trusted.Backward(
            pass.Gradient(0).ToTensor(),
            pass.Needs(0),
            pass.Needs(1)
        );
        if (toInput is not null)
            pass.Return(0, toInput);
        if (toWeight is not null)
            pass.Return(1, toWeight);
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
