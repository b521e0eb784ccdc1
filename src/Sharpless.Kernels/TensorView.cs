using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>
/// A tensor's handle, read through libtorch's C interface: where it lies and how, without an allocation. Borrowed.
/// </summary>
internal readonly unsafe struct TensorView(nint handle)
{
    internal nint Handle { get; } = handle;

    internal bool IsNone => Handle == 0;

    internal nint Address => (nint)Data;

    internal void* Data
    {
        get
        {
            if (Handle == 0)
                return null;
            void* data;
            LibtorchImports.Check(LibtorchImports.aoti_torch_get_data_ptr(Handle, &data));
            return data;
        }
    }

    internal int Type
    {
        get
        {
            int type;
            LibtorchImports.Check(LibtorchImports.aoti_torch_get_dtype(Handle, &type));
            return type;
        }
    }

    internal int Dimensions
    {
        get
        {
            long dimensions;
            LibtorchImports.Check(LibtorchImports.aoti_torch_get_dim(Handle, &dimensions));
            return (int)dimensions;
        }
    }

    internal ReadOnlySpan<long> Sizes
    {
        get
        {
            long* sizes;
            LibtorchImports.Check(LibtorchImports.aoti_torch_get_sizes(Handle, &sizes));
            return new ReadOnlySpan<long>(sizes, Dimensions);
        }
    }

    internal ReadOnlySpan<long> Strides
    {
        get
        {
            long* strides;
            LibtorchImports.Check(LibtorchImports.aoti_torch_get_strides(Handle, &strides));
            return new ReadOnlySpan<long>(strides, Dimensions);
        }
    }

    internal long Count
    {
        get
        {
            long count = 1;
            foreach (long size in Sizes)
                count *= size;
            return count;
        }
    }

    internal bool IsOnCpu
    {
        get
        {
            int type;
            LibtorchImports.Check(LibtorchImports.aoti_torch_get_device_type(Handle, &type));
            return type == LibtorchImports.Cpu;
        }
    }

    /// <summary>Whether the kernels take elements of this kind, in this place.</summary>
    internal bool IsForKernels =>
        KernelLibrary.IsAvailable && IsOnCpu && Type is LibtorchImports.Float32 or LibtorchImports.BFloat16;

    internal bool IsFloat32OnCpu => IsOnCpu && Type == LibtorchImports.Float32;

    /// <summary>Whether the elements lie row-major without gaps.</summary>
    internal bool IsContiguous
    {
        get
        {
            ReadOnlySpan<long> sizes = Sizes,
                strides = Strides;
            if (sizes.Contains(0))
                return true;
            long expected = 1;
            for (int i = sizes.Length - 1; i >= 0; i--)
            {
                if (!Follows(sizes[i], strides[i], ref expected))
                    return false;
            }

            return true;
        }
    }

    /// <summary>Whether [B, C, H, W] lies in memory as [B, H, W, C] without gaps.</summary>
    internal bool IsChannelsLast
    {
        get
        {
            ReadOnlySpan<long> sizes = Sizes,
                strides = Strides;
            long expected = 1;
            return sizes.Length == 4
                && Follows(sizes[1], strides[1], ref expected)
                && Follows(sizes[3], strides[3], ref expected)
                && Follows(sizes[2], strides[2], ref expected)
                && Follows(sizes[0], strides[0], ref expected);
        }
    }

    public static implicit operator TensorView(Tensor tensor) => new(tensor.Handle);

    /// <summary>
    /// A TorchSharp tensor of its own over the same memory and the same place in the graph. Owned by the caller.
    /// </summary>
    internal Tensor ToTensor() => Tensor.UnsafeCreateTensor(Again().Handle);

    /// <summary>Another handle of the same tensor; owned by the caller.</summary>
    internal TensorView Again()
    {
        LibtorchImports.Check(LibtorchImports.aoti_torch_new_tensor_handle(Handle, out nint again));
        return new TensorView(again);
    }

    /// <summary>An uninitialized tensor; owned by the caller, as a handle.</summary>
    internal static TensorView Empty(int type, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides)
    {
        fixed (
            long* size = sizes,
                stride = strides
        )
        {
            LibtorchImports.Check(
                LibtorchImports.aoti_torch_empty_strided(
                    sizes.Length,
                    size,
                    stride,
                    type,
                    LibtorchImports.Cpu,
                    0,
                    out nint handle
                )
            );
            return new TensorView(handle);
        }
    }

    internal static TensorView EmptyVector(long count) => Empty(LibtorchImports.Float32, [count], [1]);

    internal static TensorView EmptyMatrix(long rows, long columns) =>
        Empty(LibtorchImports.Float32, [rows, columns], [columns, 1]);

    /// <summary>Of the same type, sizes and strides.</summary>
    internal static TensorView EmptyLike(TensorView other) => Empty(other.Type, other.Sizes, other.Strides);

    internal static TensorView EmptyChannelsLast(int type, long batch, long channels, long height, long width) =>
        Empty(type, [batch, channels, height, width], [height * width * channels, 1, width * channels, channels]);

    internal void Delete()
    {
        if (Handle != 0)
            LibtorchImports.Check(LibtorchImports.aoti_torch_delete_tensor_object(Handle));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Follows(long size, long stride, ref long expected)
    {
        bool follows = size == 1 || stride == expected;
        expected *= size;
        return follows;
    }
}
