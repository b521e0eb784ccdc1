using System.Runtime.CompilerServices;

namespace Sharpless.Torch;

public sealed partial class Tensor
{
    /// <summary>A tensor whose elements are not set.</summary>
    /// <param name="shape">Size along each dimension.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="device">The CPU unless given.</param>
    /// <param name="format">Order in memory.</param>
    public static Tensor Empty(long[] shape, ScalarType type = ScalarType.Float32, Device device = default, MemoryFormat format = MemoryFormat.Contiguous) =>
        Operators.Empty.Call(shape, type, Argument.None, device, Argument.None, format);

    /// <summary>A tensor of zeros.</summary>
    /// <inheritdoc cref="Empty"/>
    public static Tensor Zeros(long[] shape, ScalarType type = ScalarType.Float32, Device device = default)
    {
        Tensor tensor = Empty(shape, type, device);
        tensor.ZeroInPlace();
        return tensor;
    }

    /// <summary>A tensor of one value.</summary>
    /// <inheritdoc cref="Empty"/>
    public static Tensor Full(long[] shape, double value, ScalarType type = ScalarType.Float32, Device device = default)
    {
        Tensor tensor = Empty(shape, type, device);
        tensor.FillInPlace(value);
        return tensor;
    }

    /// <summary>The integers from <paramref name="start"/> up to and without <paramref name="end"/>.</summary>
    public static Tensor Arange(long start, long end, ScalarType type = ScalarType.Int64, Device device = default) =>
        Operators.Arange.Call(start, end, type, Argument.None, device);

    /// <summary>A CPU tensor with a copy of the values, row-major; without a shape, of one dimension.</summary>
    /// <typeparam name="T">byte, sbyte, short, int, long, Half, float, double or bool; the element type follows from it.</typeparam>
    /// <exception cref="ArgumentException">The count of values is not that of the shape.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, params long[] shape)
        where T : unmanaged =>
        FromBits(values, ScalarTypeOf<T>(), shape);

    /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, long[])"/>
    public static Tensor From<T>(T[] values, params long[] shape)
        where T : unmanaged =>
        From((ReadOnlySpan<T>)values, shape);

    /// <summary>A CPU tensor with a copy of the elements' bits; for types that C# does not have, such as BFloat16 in <see cref="ushort"/>.</summary>
    /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, long[])"/>
    public static Tensor FromBits<T>(ReadOnlySpan<T> bits, ScalarType type, params long[] shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Length == 0) shape = [bits.Length];
        long count = shape.Aggregate(1L, (product, size) => checked(product * size));
        if (count != bits.Length) throw new ArgumentException($"{bits.Length} values do not fill the shape [{string.Join(", ", shape)}] of {count}.", nameof(bits));
        Tensor tensor = Empty(shape, type);
        bits.CopyTo(tensor.Data<T>());
        return tensor;
    }

    /// <summary>A number as a tensor without dimensions.</summary>
    public static Tensor Number(double value, ScalarType type = ScalarType.Float32, Device device = default) => Full([], value, type, device);

    /// <summary>Draws from the standard normal distribution by libtorch's default generator of the CPU.</summary>
    /// <param name="shape">Size along each dimension.</param>
    /// <returns>Float32, on the CPU.</returns>
    public static Tensor Normal(params long[] shape)
    {
        Tensor tensor = Empty(shape);
        Operators.NormalInPlace.CallInPlace(tensor, 0.0, 1.0, Argument.None);
        return tensor;
    }

    /// <summary>Even draws between two bounds by libtorch's default generator of the CPU.</summary>
    /// <inheritdoc cref="Normal"/>
    public static Tensor Uniform(long[] shape, double from, double to)
    {
        Tensor tensor = Empty(shape);
        Operators.UniformInPlace.CallInPlace(tensor, from, to, Argument.None);
        return tensor;
    }

    /// <summary>A random order of the integers 0 to <paramref name="count"/> - 1.</summary>
    public static Tensor RandomPermutation(long count, Generator generator) =>
        Operators.RandomPermutation.Call(count, generator, ScalarType.Int64);

    /// <summary>The tensors one after another along a dimension they have.</summary>
    public static Tensor Cat(IEnumerable<Tensor> tensors, long dimension = 0) => Operators.Cat.Call(tensors.ToArray(), dimension);

    /// <summary>The tensors side by side along a new dimension.</summary>
    public static Tensor Stack(IEnumerable<Tensor> tensors, long dimension = 0) => Operators.Stack.Call(tensors.ToArray(), dimension);

    private static ScalarType ScalarTypeOf<T>() => Unsafe.SizeOf<T>() switch
    {
        1 when typeof(T) == typeof(byte) => ScalarType.UInt8,
        1 when typeof(T) == typeof(sbyte) => ScalarType.Int8,
        1 when typeof(T) == typeof(bool) => ScalarType.Bool,
        2 when typeof(T) == typeof(short) => ScalarType.Int16,
        2 when typeof(T) == typeof(Half) => ScalarType.Float16,
        4 when typeof(T) == typeof(int) => ScalarType.Int32,
        4 when typeof(T) == typeof(float) => ScalarType.Float32,
        8 when typeof(T) == typeof(long) => ScalarType.Int64,
        8 when typeof(T) == typeof(double) => ScalarType.Float64,
        _ => throw new ArgumentException($"{typeof(T).Name} is no element type; expected byte, sbyte, bool, short, int, long, Half, float or double."),
    };
}
