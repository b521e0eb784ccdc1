using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>
/// Operators of networks in one pass each way, over TorchSharp's tensors, with first and second derivatives. What the
/// kernels do not take (another device, another type, an odd shape, no kernels) runs on libtorch's operators with equal
/// results up to rounding.
/// </summary>
/// <remarks>
/// Results belong to the caller, as those of TorchSharp's own operators do: to the innermost dispose scope.
/// </remarks>
public static partial class Fused
{
    // In the order of memory that the kernels read, and of one type; without a copy where it is so already.
    private static Tensor Arranged(TensorView given, TensorView like)
    {
        bool fits = given.Type == like.Type && given.Strides.SequenceEqual(like.Strides);
        Tensor tensor = given.ToTensor();
        if (fits)
            return tensor;
        Tensor arranged = TensorView.EmptyLike(like).Own();
        arranged.copy_(tensor);
        tensor.Dispose();
        return arranged;
    }

    // A tensor of ours outside the caller's dispose scopes: its end is written where it is used.
    private static Tensor Own(this TensorView view) => Tensor.UnsafeCreateTensor(view.Handle).DetachFromDisposeScope();

    private static Tensor Result(TensorView view) => Tensor.UnsafeCreateTensor(view.Handle);

    // TorchSharp does not check these; some misfits end the process.
    private static void RequireFloating(Tensor input, string name)
    {
        if (!input.is_floating_point())
            throw new ArgumentException(
                $"{name} is {input.ShapeText()} {input.dtype}, expected a floating type.",
                name
            );
    }

    private static void RequireParameter(Tensor parameter, long count, ScalarType type, string name, Tensor input)
    {
        if (parameter.dim() != 1 || parameter.size(0) != count)
            throw new ArgumentException(
                $"{name} has shape {parameter.ShapeText()}, expected [{count}] for the input {input.ShapeText()}.",
                name
            );
        if (parameter.dtype != type || parameter.device_type != input.device_type || !parameter.is_floating_point())
            throw new ArgumentException(
                $"{name} is {parameter.dtype} on {parameter.device}, expected {type} on {input.device} for the input "
                    + $"{input.ShapeText()} {input.dtype}.",
                name
            );
    }

    private static bool IsParameter(Tensor parameter, long count) =>
        ((TensorView)parameter).IsFloat32OnCpu
        && parameter.dim() == 1
        && parameter.size(0) == count
        && ((TensorView)parameter).IsContiguous;

    private static Tensor Activate(Tensor value, double negativeSlope) =>
        negativeSlope switch
        {
            0 => nn.functional.relu(value),
            1 => value,
            _ => nn.functional.leaky_relu(value, negativeSlope),
        };
}
