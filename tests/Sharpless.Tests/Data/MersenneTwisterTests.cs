using System.Security.Cryptography;
using System.Text.Json;
using Sharpless.Data;

namespace Sharpless.Tests.Data;

// Golden values: Python 3.11, numpy 1.24.2, numpy.random.RandomState(seed).permutation(n) and .bytes(12) as little-endian numbers.
public sealed class MersenneTwisterTests
{
    [Fact]
    public void Numbers_are_those_of_numpy()
    {
        var random = new MersenneTwister(42);
        Assert.Equal([1608637542u, 3421126067u, 4083286876u], [random.Next(), random.Next(), random.Next()]);
    }

    [Theory]
    [InlineData(0u, new[] { 2, 8, 4, 9, 1, 6, 7, 3, 0, 5 }, new[] { 11841, 19602, 45519, 25747, 42642, 31902, 30346, 12363 })]
    [InlineData(1u, new[] { 2, 9, 6, 4, 0, 3, 1, 7, 8, 5 }, new[] { 26247, 35067, 34590, 16668, 12196, 2600, 9047, 2206 })]
    [InlineData(42u, new[] { 8, 1, 5, 0, 7, 2, 9, 4, 3, 6 }, new[] { 33553, 9427, 199, 12447, 39489, 42724, 10822, 49498 })]
    [InlineData(4294967295u, new[] { 6, 9, 5, 1, 8, 0, 7, 4, 2, 3 }, new[] { 14067, 42082, 44828, 6329, 48836, 35973, 41451, 32604 })]
    public void Permutations_are_those_of_numpy(uint seed, int[] ofTen, int[] startOf50000)
    {
        Assert.Equal(ofTen, new MersenneTwister(seed).Permutation(10));
        Assert.Equal(startOf50000, new MersenneTwister(seed).Permutation(50_000)[..8]);
    }

    [Fact]
    public void A_long_permutation_is_that_of_numpy_to_the_last_entry()
    {
        int[] order = new MersenneTwister(7).Permutation(60_000);
        byte[] bytes = order.SelectMany(BitConverter.GetBytes).ToArray();
        Assert.Equal("c0eb875b596f1efbbd24a3ae21bdf197b81c34366369eb518d1a441a21ee5549", Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    [Fact]
    public void The_second_permutation_of_a_generator_is_that_of_numpy_too()
    {
        var random = new MersenneTwister(5);
        random.Permutation(1000);
        int[] order = random.Permutation(1000);
        Assert.Equal([120, 363, 909, 33, 531], order[..5]);
        Assert.Equal([751, 708, 856], order[^3..]);
    }

    [Fact]
    public void Uniform_and_normal_numbers_are_those_of_numpy()
    {
        JsonElement expected = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("two-layer", "expected.json"))).RootElement;
        var random = new MersenneTwister(4);
        foreach (JsonElement value in expected.GetProperty("numpy_normal").EnumerateArray()) Assert.Equal(value.GetDouble(), random.NextNormal(), 1e-14);
        foreach (JsonElement value in expected.GetProperty("numpy_uniform").EnumerateArray()) Assert.Equal(value.GetDouble(), random.NextDouble());
    }
}
