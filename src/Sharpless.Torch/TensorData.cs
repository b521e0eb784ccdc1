using System.Runtime.CompilerServices;
using Sharpless.Kernels;

namespace Sharpless.Torch;

/// <summary>Elements of a tensor in C#, and tensors from C#'s arrays.</summary>
public static class TensorData
{
    extension(Tensor tensor)
    {
        /// <summary>Shape, type and place, such as <c>[128, 3, 32, 32] Float32</c>.</summary>
        public string Text =>
            tensor.IsInvalid
                ? "a freed tensor"
                : $"[{string.Join(", ", tensor.shape)}] {tensor.dtype}{(tensor.device_type == DeviceType.CPU ? "" : $" {tensor.device}")}";

        /// <summary>The elements of a contiguous CPU tensor, in place. Valid while the tensor lives.</summary>
        /// <typeparam name="T">
        /// As wide as an element: <see cref="float"/> for Float32, <see cref="ushort"/> or <see cref="short"/> for the
        /// bits of BFloat16.
        /// </typeparam>
        /// <exception cref="InvalidOperationException">Not contiguous, not on the CPU, or another width.</exception>
        public unsafe Span<T> Data<T>()
            where T : unmanaged
        {
            if (!tensor.is_contiguous())
                throw new InvalidOperationException(
                    "Only contiguous data can be reached as a span; the tensor is "
                        + $"{tensor.Text} with strides [{string.Join(", ", tensor.stride())}]. Call contiguous() first."
                );
            return new Span<T>((void*)tensor.Pointer<T>(), checked((int)tensor.NumberOfElements));
        }

        /// <summary>Address of the first element of a CPU tensor, for code that knows its strides.</summary>
        /// <inheritdoc cref="Data"/>
        public unsafe nint Pointer<T>()
            where T : unmanaged
        {
            if (tensor.device_type != DeviceType.CPU)
                throw new InvalidOperationException($"The elements of {tensor.Text} are not on the CPU. Call cpu() first.");
            if (Unsafe.SizeOf<T>() != tensor.ElementSize)
                throw new InvalidOperationException($"{typeof(T).Name} is not as wide as the elements of {tensor.Text}.");
            return (nint)((TensorView)tensor).Data;
        }

        /// <summary>A copy of the elements, row-major, whatever the strides and the device.</summary>
        /// <inheritdoc cref="Data"/>
        public T[] ToArray<T>()
            where T : unmanaged
        {
            using IDisposable off = no_grad();
            using Tensor here = tensor.To(CPU);
            using Tensor plain = here.Contiguous();
            T[] array = plain.Data<T>().ToArray();
            GC.KeepAlive(plain);
            return array;
        }

        /// <summary>The one element as a number. Waits for the device.</summary>
        /// <exception cref="InvalidOperationException">Not one element, or of no real type.</exception>
        public double Item()
        {
            if (tensor.NumberOfElements != 1)
                throw new InvalidOperationException($"Only a tensor of one element is a number; this one is {tensor.Text}.");
            using Tensor? here = tensor.device_type == DeviceType.CPU ? null : tensor.cpu();
            double item = Number(here ?? tensor);
            GC.KeepAlive(tensor);
            return item;
        }
    }

    extension(Tensor)
    {
        /// <summary>A CPU tensor with a copy of the values, row-major; without a shape, of one dimension.</summary>
        /// <typeparam name="T">byte, sbyte, short, int, long, Half, float, double or bool; the element type follows from it.</typeparam>
        /// <exception cref="ArgumentException">The count of values is not that of the shape.</exception>
        public static Tensor From<T>(ReadOnlySpan<T> values, params long[] shape)
            where T : unmanaged => Tensor.FromBits(values, ScalarTypeOf<T>(), shape);

        /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, long[])"/>
        public static Tensor From<T>(T[] values, params long[] shape)
            where T : unmanaged => Tensor.From((ReadOnlySpan<T>)values, shape);

        /// <summary>A CPU tensor with a copy of the elements' bits; for types that C# does not have, such as BFloat16 in <see cref="ushort"/>.</summary>
        /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, long[])"/>
        public static Tensor FromBits<T>(ReadOnlySpan<T> bits, ScalarType type, params long[] shape)
            where T : unmanaged
        {
            ArgumentNullException.ThrowIfNull(shape);
            if (shape.Length == 0)
                shape = [bits.Length];
            long count = shape.Aggregate(1L, (product, size) => checked(product * size));
            if (count != bits.Length)
                throw new ArgumentException(
                    $"{bits.Length} values do not fill the shape [{string.Join(", ", shape)}] of {count}.",
                    nameof(bits)
                );
            Tensor tensor = empty(shape, type);
            bits.CopyTo(tensor.Data<T>());
            return tensor;
        }
    }

    /// <summary>The elements of a contiguous CPU tensor as bytes, for files.</summary>
    internal static unsafe Span<byte> Bytes(this Tensor tensor) =>
        new(((TensorView)tensor).Data, checked((int)(tensor.NumberOfElements * tensor.ElementSize)));

    private static unsafe double Number(Tensor tensor)
    {
        void* data = ((TensorView)tensor).Data;
        return tensor.dtype switch
        {
            ScalarType.Float32 => *(float*)data,
            ScalarType.Float64 => *(double*)data,
            ScalarType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)*(ushort*)data << 16),
            ScalarType.Float16 => (double)*(Half*)data,
            ScalarType.Int64 => *(long*)data,
            ScalarType.Int32 => *(int*)data,
            ScalarType.Int16 => *(short*)data,
            ScalarType.Int8 => *(sbyte*)data,
            ScalarType.Byte => *(byte*)data,
            ScalarType.Bool => *(bool*)data ? 1 : 0,
            _ => throw new InvalidOperationException($"The element of {tensor.Text} is no real number."),
        };
    }

    private static ScalarType ScalarTypeOf<T>() =>
        default(T) switch
        {
            byte => ScalarType.Byte,
            sbyte => ScalarType.Int8,
            bool => ScalarType.Bool,
            short => ScalarType.Int16,
            Half => ScalarType.Float16,
            int => ScalarType.Int32,
            float => ScalarType.Float32,
            long => ScalarType.Int64,
            double => ScalarType.Float64,
            _ => throw new ArgumentException(
                $"{typeof(T).Name} is no element type; expected byte, sbyte, bool, short, int, long, Half, float or double."
            ),
        };
}
