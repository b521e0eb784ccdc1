using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

public static partial class Fused
{
    /// <summary>x Φ(x) with the distribution function Φ of the normal distribution (arXiv:1606.08415).</summary>
    /// <param name="input">Any shape, of a floating type.</param>
    /// <param name="byTanh">Whether Φ(x) is approximated by 0.5 (1 + tanh(√(2/π) (x + 0.044715 x³))).</param>
    public static unsafe Tensor Gelu(Tensor input, bool byTanh = false)
    {
        ArgumentNullException.ThrowIfNull(input);
        RequireFloating(input, nameof(input));
        if (!((TensorView)input).IsForKernels)
            return ComposedGelu(input, byTanh);
        bool isRecorded = AutogradNode.IsNeeded(input);
        // Copied out here, where the copy has a derivative: second derivatives go through it.
        Tensor dense =
            ((TensorView)input).IsContiguous || ((TensorView)input).IsChannelsLast ? input : input.contiguous();
        TensorView from = dense,
            to = TensorView.EmptyLike(from);
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_gelu(from.Type, byTanh ? 1 : 0, from.Count, from.Data, to.Data)
        );
        if (!isRecorded)
            return Result(to);
        Span<TensorView> outputs = [to];
        AutogradNode.Record([dense], outputs, [from], byTanh, GeluDerivative);
        return Result(outputs[0]);
    }

    private static unsafe void GeluDerivative(ref AutogradNode.Pass pass)
    {
        bool byTanh = (bool)pass.State;
        TensorView input = pass.Saved(0);
        if (AutogradNode.Pass.IsDifferentiated)
        {
            using Tensor again = input.ToTensor();
            AutogradNode.DifferentiateAgain(ref pass, inputs => [ComposedGelu(inputs[0], byTanh)], again);
            return;
        }

        using Tensor gradient = Arranged(pass.Gradient(0), input);
        TensorView toInput = TensorView.EmptyLike(input);
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_gelu_backward(
                input.Type,
                byTanh ? 1 : 0,
                input.Count,
                ((TensorView)gradient).Data,
                input.Data,
                toInput.Data
            )
        );
        pass.Return(0, toInput);
    }

    private static Tensor ComposedGelu(Tensor input, bool byTanh)
    {
        if (!byTanh)
            return nn.functional.gelu(input);
        // A type of 16 bits would round at each of these steps.
        Tensor x = input.element_size() < sizeof(float) ? input.to(ScalarType.Float32) : input;
        return (x * (((x + (x.pow(3) * 0.044715)) * Math.Sqrt(2 / Math.PI)).tanh() + 1) * 0.5).to(input.dtype);
    }
}
