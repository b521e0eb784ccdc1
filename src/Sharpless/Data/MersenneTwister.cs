using System.Numerics;

namespace Sharpless.Data;

/// <summary>
/// The random numbers of numpy's <c>RandomState(seed)</c>, to the bit: MT19937 (Matsumoto and Nishimura 1998). Used only where a published
/// experiment draws with numpy; everything of our own uses <see cref="Philox"/>.
/// </summary>
public sealed class MersenneTwister
{
    private const int Length = 624, Middle = 397;

    private readonly uint[] _state = new uint[Length];
    private int _next = Length;
    private double? _kept;

    /// <summary>The generator after <c>numpy.random.seed(seed)</c>.</summary>
    /// <param name="seed">Any 32-bit number, as numpy takes.</param>
    public MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (uint i = 1; i < Length; i++)
            _state[i] = 1812433253u * (_state[i - 1] ^ _state[i - 1] >> 30) + i;
    }

    /// <summary>A uniform 32-bit number.</summary>
    public uint Next()
    {
        if (_next == Length) Refill();
        uint y = _state[_next++];
        y ^= y >> 11;
        y ^= y << 7 & 0x9D2C5680;
        y ^= y << 15 & 0xEFC60000;
        return y ^ y >> 18;
    }

    /// <summary>What <c>numpy.random.RandomState(seed).random_sample()</c> returns at this state: uniform in [0, 1), 53 bits.</summary>
    public double NextDouble()
    {
        // The higher bits come from the first number.
        uint high = Next() >> 5, low = Next() >> 6;
        return (high * 67108864.0 + low) / 9007199254740992.0;
    }

    /// <summary>What <c>numpy.random.RandomState(seed).standard_normal()</c> returns at this state: normal, mean 0, variance 1.</summary>
    /// <remarks>Marsaglia's polar method, which makes two numbers at a time; the other one is kept for the next call.</remarks>
    public double NextNormal()
    {
        if (_kept is double kept)
        {
            _kept = null;
            return kept;
        }

        double x1, x2, square;
        do
        {
            x1 = 2 * NextDouble() - 1;
            x2 = 2 * NextDouble() - 1;
            square = x1 * x1 + x2 * x2;
        }
        while (square is >= 1 or 0);
        double factor = Math.Sqrt(-2 * Math.Log(square) / square);
        _kept = factor * x1;
        return factor * x2;
    }

    /// <summary>What <c>numpy.random.RandomState(seed).permutation(count)</c> returns when called at this state.</summary>
    /// <param name="count">Number of entries, 0 or more.</param>
    public int[] Permutation(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var order = new int[count];
        for (int i = 0; i < count; i++) order[i] = i;
        for (int i = count - 1; i > 0; i--)
        {
            int j = (int)NextUpTo((uint)i);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    // numpy's "masked rejection": the lowest bits that can hold the maximum, drawn until they do not exceed it.
    private uint NextUpTo(uint maximum)
    {
        uint mask = uint.MaxValue >> BitOperations.LeadingZeroCount(maximum);
        uint value;
        do value = Next() & mask;
        while (value > maximum);
        return value;
    }

    private void Refill()
    {
        for (int i = 0; i < Length; i++)
        {
            uint y = _state[i] & 0x80000000 | _state[(i + 1) % Length] & 0x7FFFFFFF;
            _state[i] = _state[(i + Middle) % Length] ^ y >> 1 ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
        }
        _next = 0;
    }
}
