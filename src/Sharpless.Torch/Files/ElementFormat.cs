using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Sharpless.Torch.Files;

/// <summary>Type of an element as a file stores it. Wider than <see cref="ScalarType"/>: libtorch has no unsigned numbers beyond 8 bits.</summary>
internal enum ElementKind { Bool, UInt8, Int8, UInt16, Int16, UInt32, Int32, UInt64, Int64, Float16, BFloat16, Float32, Float64 }

/// <summary>How a file stores one element, and how that becomes a number or the little-endian bytes of a <see cref="ScalarType"/>.</summary>
internal readonly record struct ElementFormat(ElementKind Kind, bool BigEndian = false)
{
    /// <summary>Size of one stored element in bytes.</summary>
    public int Size => Kind switch
    {
        ElementKind.Bool or ElementKind.UInt8 or ElementKind.Int8 => 1,
        ElementKind.UInt16 or ElementKind.Int16 or ElementKind.Float16 or ElementKind.BFloat16 => 2,
        ElementKind.UInt32 or ElementKind.Int32 or ElementKind.Float32 => 4,
        _ => 8,
    };

    /// <summary>Type in which the elements are handed out: unsigned numbers beyond 8 bits take the next signed type.</summary>
    public ScalarType Type => Kind switch
    {
        ElementKind.Bool => ScalarType.Bool,
        ElementKind.UInt8 => ScalarType.Byte,
        ElementKind.Int8 => ScalarType.Int8,
        ElementKind.Int16 => ScalarType.Int16,
        ElementKind.UInt16 or ElementKind.Int32 => ScalarType.Int32,
        ElementKind.UInt32 or ElementKind.UInt64 or ElementKind.Int64 => ScalarType.Int64,
        ElementKind.Float16 => ScalarType.Float16,
        ElementKind.BFloat16 => ScalarType.BFloat16,
        ElementKind.Float32 => ScalarType.Float32,
        _ => ScalarType.Float64,
    };

    /// <summary>Swaps the bytes of big-endian elements in place.</summary>
    public void ToLittleEndian(Span<byte> stored)
    {
        if (!BigEndian) return;
        if (Size == 2) Swap16(MemoryMarshal.Cast<byte, ushort>(stored));
        if (Size == 4) Swap32(MemoryMarshal.Cast<byte, uint>(stored));
        if (Size == 8) Swap64(MemoryMarshal.Cast<byte, ulong>(stored));

        static void Swap16(Span<ushort> values) => BinaryPrimitives.ReverseEndianness(values, values);
        static void Swap32(Span<uint> values) => BinaryPrimitives.ReverseEndianness(values, values);
        static void Swap64(Span<ulong> values) => BinaryPrimitives.ReverseEndianness(values, values);
    }

    /// <summary>Converts stored little-endian elements to numbers.</summary>
    /// <exception cref="OverflowException">A 64-bit unsigned number does not fit the integer type that was asked for.</exception>
    public void ToNumbers<T>(ReadOnlySpan<byte> stored, Span<T> values) where T : unmanaged, INumberBase<T>
    {
        switch (Kind)
        {
            case ElementKind.Bool:
                for (int i = 0; i < values.Length; i++) values[i] = stored[i] != 0 ? T.One : T.Zero;
                break;
            case ElementKind.BFloat16:
                ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(stored);
                for (int i = 0; i < values.Length; i++) values[i] = T.CreateChecked(BitConverter.UInt32BitsToSingle((uint)halves[i] << 16));
                break;
            case ElementKind.UInt8: Convert<byte, T>(stored, values); break;
            case ElementKind.Int8: Convert<sbyte, T>(stored, values); break;
            case ElementKind.UInt16: Convert<ushort, T>(stored, values); break;
            case ElementKind.Int16: Convert<short, T>(stored, values); break;
            case ElementKind.UInt32: Convert<uint, T>(stored, values); break;
            case ElementKind.Int32: Convert<int, T>(stored, values); break;
            case ElementKind.UInt64: Convert<ulong, T>(stored, values); break;
            case ElementKind.Int64: Convert<long, T>(stored, values); break;
            case ElementKind.Float16: Convert<Half, T>(stored, values); break;
            case ElementKind.Float32: Convert<float, T>(stored, values); break;
            default: Convert<double, T>(stored, values); break;
        }
    }

    /// <summary>Converts stored little-endian elements to the bytes of <see cref="Type"/>.</summary>
    /// <exception cref="OverflowException">A 64-bit unsigned number does not fit <see cref="ScalarType.Int64"/>.</exception>
    public void ToBytes(ReadOnlySpan<byte> stored, Span<byte> bytes)
    {
        switch (Kind)
        {
            // Any byte but 0 is true; libtorch's kernels take 1 for granted.
            case ElementKind.Bool: ToNumbers(stored, bytes); break;
            case ElementKind.UInt16: ToNumbers(stored, MemoryMarshal.Cast<byte, int>(bytes)); break;
            case ElementKind.UInt32 or ElementKind.UInt64: ToNumbers(stored, MemoryMarshal.Cast<byte, long>(bytes)); break;
            default: stored.CopyTo(bytes); break;
        }
    }

    private static void Convert<TStored, T>(ReadOnlySpan<byte> stored, Span<T> values)
        where TStored : unmanaged, INumberBase<TStored> where T : unmanaged, INumberBase<T>
    {
        ReadOnlySpan<TStored> elements = MemoryMarshal.Cast<byte, TStored>(stored);
        for (int i = 0; i < values.Length; i++) values[i] = T.CreateChecked(elements[i]);
    }
}
