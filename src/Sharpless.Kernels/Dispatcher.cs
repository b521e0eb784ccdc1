using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>
/// Operators that TorchSharp lacks, called by name through libtorch's stable C interface
/// (<c>torch/csrc/stable/c/shim.h</c>).
/// </summary>
internal static unsafe class Dispatcher
{
    // The interface of the libtorch that this was written against: 2.10.0.
    private const ulong InterfaceVersion = (2UL << 56) | (10UL << 48);

    /// <summary>The tensor takes the data of another: memory, shape, strides, type and device. It stays the same leaf.</summary>
    internal static void SetData(Tensor tensor, Tensor data)
    {
        Span<ulong> stack = [Reference(tensor), Reference(data)];
        Call("aten::set_data\0"u8, stack);
    }

    /// <summary>How often the tensor was written to in place, itself or a view of it.</summary>
    internal static long Version(Tensor tensor)
    {
        Span<ulong> stack = [Reference(tensor)];
        Call("aten::_version\0"u8, stack);
        return (long)stack[0];
    }

    // The call takes over the references on the stack.
    private static ulong Reference(Tensor tensor)
    {
        LibtorchImports.Check(LibtorchImports.aoti_torch_new_tensor_handle(tensor.Handle, out nint handle));
        return (ulong)handle;
    }

    private static void Call(ReadOnlySpan<byte> name, Span<ulong> stack)
    {
        fixed (byte* operatorName = name)
        fixed (byte* overload = "\0"u8)
        fixed (ulong* values = stack)
            LibtorchImports.Check(
                LibtorchImports.torch_call_dispatcher(operatorName, overload, values, InterfaceVersion)
            );
    }
}
