namespace Sharpless.Data;

/// <summary>
/// Counter-based random numbers, Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// Each block is a pure function of key and counter, so the draws of any step can be had again without a stored state.
/// </summary>
public static class Philox
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

    /// <summary>Four independent, uniform 32-bit numbers.</summary>
    /// <param name="key">Which sequence; a seed.</param>
    /// <param name="high">Upper half of the counter: words 2 and 3 of the reference code.</param>
    /// <param name="low">Lower half of the counter: words 0 and 1 of the reference code.</param>
    public static (uint X0, uint X1, uint X2, uint X3) Block(ulong key, ulong high, ulong low)
    {
        uint x0 = (uint)low, x1 = (uint)(low >> 32), x2 = (uint)high, x3 = (uint)(high >> 32);
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong product0 = (ulong)Multiplier0 * x0, product1 = (ulong)Multiplier1 * x2;
            (x0, x1, x2, x3) = ((uint)(product1 >> 32) ^ x1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ x3 ^ k1, (uint)product0);
            k0 += Weyl0;
            k1 += Weyl1;
        }
        return (x0, x1, x2, x3);
    }

    /// <summary>A uniform permutation of 0 to count - 1 (Fisher-Yates), a pure function of its arguments.</summary>
    /// <param name="count">Number of entries, 0 or more.</param>
    /// <param name="key">A seed.</param>
    /// <param name="stream">Which of the permutations of this seed, for example the epoch.</param>
    public static int[] Permutation(int count, ulong key, ulong stream)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var order = new int[count];
        for (int i = 0; i < count; i++) order[i] = i;
        for (int i = count - 1; i > 0; i--)
        {
            // 64 random bits for a range below 2^31: the bias of the multiplication is below 2^-33, so no draw need be rejected.
            (uint x0, uint x1, _, _) = Block(key, stream, (ulong)i);
            int j = (int)Math.BigMul(x0 | (ulong)x1 << 32, (ulong)i + 1, out _);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}
