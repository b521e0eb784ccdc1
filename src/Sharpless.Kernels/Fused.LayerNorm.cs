using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

public static partial class Fused
{
    /// <summary>
    /// Layer normalization (arXiv:1607.06450) over the last dimension: (x - mean) / √(variance + ε) * scale + shift.
    /// </summary>
    /// <param name="input">[..., D] of a floating type.</param>
    /// <param name="scale">[D], Float32 for Float32 and BFloat16 inputs: it is computed in this type.</param>
    /// <param name="shift">As <paramref name="scale"/>.</param>
    /// <param name="epsilon">ε.</param>
    /// <exception cref="ArgumentException">
    /// Scale or shift are not [D] of one type, or the input has no floating type.
    /// </exception>
    public static unsafe Tensor LayerNorm(Tensor input, Tensor scale, Tensor shift, double epsilon = 1e-5)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(scale);
        ArgumentNullException.ThrowIfNull(shift);
        long width = input.dim() == 0 ? -1 : input.size(-1);
        RequireFloating(input, nameof(input));
        RequireParameter(scale, width, scale.dtype, nameof(scale), input);
        RequireParameter(shift, width, scale.dtype, nameof(shift), input);
        TensorView given = input;
        if (!given.IsForKernels || given.Count == 0 || !IsParameter(scale, width) || !IsParameter(shift, width))
            return ComposedLayerNorm(input, scale, shift, epsilon);
        bool isRecorded = AutogradNode.IsNeeded(input, scale, shift);
        Tensor dense = given.IsContiguous ? input : input.contiguous();
        TensorView from = dense,
            to = TensorView.EmptyLike(from);
        long rows = from.Count / width;
        using Tensor means = TensorView.EmptyVector(rows).Own(),
            inverses = TensorView.EmptyVector(rows).Own();
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_layer_norm(
                from.Type,
                rows,
                width,
                epsilon,
                from.Data,
                ((TensorView)scale).Data,
                ((TensorView)shift).Data,
                to.Data,
                ((TensorView)means).Data,
                ((TensorView)inverses).Data
            )
        );
        if (!isRecorded)
            return Result(to);
        Span<TensorView> outputs = [to];
        AutogradNode.Record(
            [dense, scale, shift],
            outputs,
            [from, scale, shift, means, inverses],
            epsilon,
            LayerNormDerivative
        );
        return Result(outputs[0]);
    }

    private static unsafe void LayerNormDerivative(ref AutogradNode.Pass pass)
    {
        TensorView input = pass.Saved(0),
            scale = pass.Saved(1),
            shift = pass.Saved(2);
        if (AutogradNode.Pass.IsDifferentiated)
        {
            double epsilon = (double)pass.State;
            using Tensor again = input.ToTensor(),
                scales = scale.ToTensor(),
                shifts = shift.ToTensor();
            AutogradNode.DifferentiateAgain(
                ref pass,
                inputs => [ComposedLayerNorm(inputs[0], inputs[1], inputs[2], epsilon)],
                again,
                scales,
                shifts
            );
            return;
        }

        long width = scale.Count;
        using Tensor gradient = Arranged(pass.Gradient(0), input);
        TensorView toInput = TensorView.EmptyLike(input),
            toScale = TensorView.EmptyVector(width),
            toShift = TensorView.EmptyVector(width);
        pass.Return(0, toInput);
        pass.Return(1, toScale);
        pass.Return(2, toShift);
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_layer_norm_backward(
                input.Type,
                input.Count / width,
                width,
                ((TensorView)gradient).Data,
                input.Data,
                scale.Data,
                pass.Saved(3).Data,
                pass.Saved(4).Data,
                toInput.Data,
                toScale.Data,
                toShift.Data
            )
        );
    }

    private static Tensor ComposedLayerNorm(Tensor input, Tensor scale, Tensor shift, double epsilon) =>
        nn.functional.layer_norm(input.to(scale.dtype), [scale.size(0)], scale, shift, epsilon).to(input.dtype);
}
