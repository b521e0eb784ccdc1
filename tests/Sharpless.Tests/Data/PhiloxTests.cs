using Sharpless.Data;

namespace Sharpless.Tests.Data;

public sealed class PhiloxTests
{
    // The known-answer tests that accompany the reference code (Random123 1.14, kat_vectors, "philox4x32 10").
    [Theory]
    [InlineData(0ul, 0ul, 0ul, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x299f31d0_a4093822ul, 0x03707344_13198a2eul, 0x85a308d3_243f6a88ul, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Blocks_are_those_of_the_reference_code(ulong key, ulong high, ulong low, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal((x0, x1, x2, x3), Philox.Block(key, high, low));

    [Fact]
    public void A_permutation_holds_every_index_once()
    {
        int[] order = Philox.Permutation(1000, key: 3, stream: 1);
        Assert.Equal(Enumerable.Range(0, 1000), order.Order());
        Assert.NotEqual(Enumerable.Range(0, 1000), order);
        Assert.Empty(Philox.Permutation(0, 3, 1));
    }

    [Fact]
    public void A_permutation_is_a_pure_function_of_key_and_stream()
    {
        Assert.Equal(Philox.Permutation(100, 3, 1), Philox.Permutation(100, 3, 1));
        Assert.NotEqual(Philox.Permutation(100, 3, 1), Philox.Permutation(100, 3, 2));
        Assert.NotEqual(Philox.Permutation(100, 3, 1), Philox.Permutation(100, 4, 1));
    }

    [Fact]
    public void All_permutations_of_four_are_equally_likely()
    {
        const int Draws = 24_000;
        var counts = new Dictionary<string, int>();
        for (ulong stream = 0; stream < Draws; stream++)
        {
            string order = string.Join(",", Philox.Permutation(4, key: 1, stream));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }
        Assert.Equal(24, counts.Count);
        // Standard deviation of a count is 31; the draws are fixed by the key, so this cannot fail by chance.
        Assert.All(counts.Values, count => Assert.InRange(count, 1000 - 130, 1000 + 130));
    }
}
