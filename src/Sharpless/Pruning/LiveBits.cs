using System.Runtime.InteropServices;
using Sharpless.Torch;

namespace Sharpless.Pruning;

/// <summary>One bit for every weight, set where it is live: bit i % 8 of byte i / 8, the lowest first.</summary>
internal static class LiveBits
{
    internal static long ByteCount(long weights) => (weights / 8) + (weights % 8 == 0 ? 0 : 1);

    /// <param name="live">One byte for every weight, not 0 where live.</param>
    internal static byte[] Pack(ReadOnlySpan<byte> live)
    {
        byte[] bits = new byte[ByteCount(live.Length)];
        for (int i = 0; i < live.Length; i++)
        {
            if (live[i] != 0) bits[i / 8] |= (byte)(1 << (i % 8));
        }

        return bits;
    }

    /// <returns>One byte for every weight, 1 where live and 0 where pruned.</returns>
    internal static byte[] Unpack(ReadOnlySpan<byte> bits, int weights)
    {
        byte[] live = new byte[weights];
        for (int i = 0; i < live.Length; i++) live[i] = (byte)(bits[i / 8] >> (i % 8) & 1);
        return live;
    }

    /// <summary>The bytes of the live values of a tensor, row-major; null where a pruned value has a bit that is set.</summary>
    internal static byte[]? Values(Tensor tensor, ReadOnlySpan<byte> live) => tensor.dtype.ByteSize() switch
    {
        1 => Values<byte>(tensor, live),
        2 => Values<ushort>(tensor, live),
        4 => Values<uint>(tensor, live),
        _ => Values<ulong>(tensor, live),
    };

    /// <summary>A tensor with the given values (bytes of as many as are live) where live, in order, and 0 elsewhere.</summary>
    internal static Tensor Spread(ReadOnlySpan<byte> values, ReadOnlySpan<byte> live, ScalarType type, long[] shape) => type.ByteSize() switch
    {
        1 => Spread<byte>(values, live, type, shape),
        2 => Spread<ushort>(values, live, type, shape),
        4 => Spread<uint>(values, live, type, shape),
        _ => Spread<ulong>(values, live, type, shape),
    };

    private static byte[]? Values<T>(Tensor tensor, ReadOnlySpan<byte> live)
        where T : unmanaged, IEquatable<T>
    {
        T[] all = tensor.ToArray<T>();
        List<T> values = [];
        for (int i = 0; i < all.Length; i++)
        {
            if (live[i] != 0) values.Add(all[i]);
            else if (!all[i].Equals(default)) return null;
        }

        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(values)).ToArray();
    }

    private static Tensor Spread<T>(ReadOnlySpan<byte> values, ReadOnlySpan<byte> live, ScalarType type, long[] shape)
        where T : unmanaged
    {
        ReadOnlySpan<T> given = MemoryMarshal.Cast<byte, T>(values);
        Tensor tensor = zeros(shape, type);
        Span<T> all = tensor.Data<T>();
        int next = 0;
        for (int i = 0; i < all.Length; i++)
        {
            if (live[i] != 0) all[i] = given[next++];
        }

        return tensor;
    }
}
