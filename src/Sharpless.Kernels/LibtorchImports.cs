using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Sharpless.Kernels;

/// <summary>
/// libtorch's stable C interface (<c>torch/csrc/inductor/aoti_torch/c/shim.h</c>), as far as it is used. A handle is
/// that of a TorchSharp tensor.
/// </summary>
internal static unsafe partial class LibtorchImports
{
    internal const string Library = "torch_cpu";

    internal const int Float32 = 6,
        Float64 = 7,
        BFloat16 = 15,
        Cpu = 0;

    /// <summary>Throws where a call failed: the tensor's handle is wrong, or there is no memory.</summary>
    internal static void Check(int status)
    {
        if (status != 0)
            throw new InvalidOperationException(
                "libtorch refused a call of its C interface; its own message is on stderr. Is there enough memory?"
            );
    }

    [LibraryImport(Library)]
    internal static partial int aoti_torch_new_tensor_handle(nint tensor, out nint handle);

    [LibraryImport(Library)]
    internal static partial int torch_call_dispatcher(byte* name, byte* overload, ulong* stack, ulong version);

    [LibraryImport(Library)]
    internal static partial int aoti_torch_delete_tensor_object(nint tensor);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int aoti_torch_get_data_ptr(nint tensor, void** data);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int aoti_torch_get_sizes(nint tensor, long** sizes);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int aoti_torch_get_strides(nint tensor, long** strides);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int aoti_torch_get_dim(nint tensor, long* dimensions);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int aoti_torch_get_dtype(nint tensor, int* type);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int aoti_torch_get_device_type(nint tensor, int* type);

    [LibraryImport(Library)]
    internal static partial int aoti_torch_empty_strided(
        long dimensions,
        long* sizes,
        long* strides,
        int type,
        int device,
        int deviceIndex,
        out nint tensor
    );

    // aten::convolution_backward, below autograd. A result that the mask leaves out is none.
    [LibraryImport(Library)]
    internal static partial int aoti_torch_cpu_convolution_backward(
        nint gradient,
        nint input,
        nint weight,
        long** biasSizes,
        long biasSizesCount,
        long* stride,
        long strideCount,
        long* padding,
        long paddingCount,
        long* dilation,
        long dilationCount,
        int isTransposed,
        long* outputPadding,
        long outputPaddingCount,
        long groups,
        int* mask,
        long maskCount,
        out nint toInput,
        out nint toWeight,
        out nint toBias
    );
}
