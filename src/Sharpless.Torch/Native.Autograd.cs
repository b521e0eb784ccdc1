using System.Runtime.InteropServices;

namespace Sharpless.Torch;

internal static partial class Native
{
    internal static bool GradientMode
    {
        get => sharpless_gradient_mode() != 0;
        set => sharpless_set_gradient_mode(value ? 1 : 0);
    }

    internal static void SetRequiresGradient(TensorHandle tensor, bool on) =>
        ThrowIfFailed(sharpless_tensor_set_requires_gradient(tensor, on ? 1 : 0));

    internal static TensorHandle Gradient(TensorHandle tensor)
    {
        ThrowIfFailed(sharpless_tensor_gradient(tensor, out TensorHandle gradient));
        return gradient;
    }

    internal static void SetGradient(TensorHandle tensor, TensorHandle gradient) =>
        ThrowIfFailed(sharpless_tensor_set_gradient(tensor, gradient));

    internal static void Backward(TensorHandle root, TensorHandle gradient, bool keepGraph) =>
        ThrowIfFailed(sharpless_backward(root, gradient, keepGraph ? 1 : 0));

    internal static unsafe void Gradients(TensorHandle output, TensorHandle outputGradient, ReadOnlySpan<nint> inputs, bool createGraph, Span<nint> gradients)
    {
        fixed (nint* input = inputs)
        fixed (nint* gradient = gradients)
        {
            ThrowIfFailed(sharpless_gradients(output, outputGradient, input, inputs.Length, createGraph ? 1 : 0, gradient));
        }
    }

    [LibraryImport(Library)]
    private static partial int sharpless_gradient_mode();

    [LibraryImport(Library)]
    private static partial void sharpless_set_gradient_mode(int on);

    [LibraryImport(Library)]
    private static partial int sharpless_tensor_set_requires_gradient(TensorHandle tensor, int on);

    [LibraryImport(Library)]
    private static partial int sharpless_tensor_gradient(TensorHandle tensor, out TensorHandle gradient);

    [LibraryImport(Library)]
    private static partial int sharpless_tensor_set_gradient(TensorHandle tensor, TensorHandle gradient);

    [LibraryImport(Library)]
    private static partial int sharpless_backward(TensorHandle root, TensorHandle gradient, int keepGraph);

    [LibraryImport(Library)]
    private static unsafe partial int sharpless_gradients(
        TensorHandle output, TensorHandle outputGradient, nint* input, int inputs, int createGraph, nint* gradients);
}
