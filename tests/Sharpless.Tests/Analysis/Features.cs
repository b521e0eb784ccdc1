using Sharpless.Torch;

namespace Sharpless.Tests.Analysis;

/// <summary>Random features and the plain reference for their spectrum.</summary>
internal static class Features
{
    /// <summary>[N, P] Float64: Gaussian directions of geometrically decaying strength.</summary>
    internal static Tensor Decaying(long examples, long dimensions, int seed, double decay = 0.9, double offset = 0)
    {
        using var generator = Generator.Seeded(seed);
        Tensor left = Tensor.Empty([examples, dimensions], ScalarType.Float64), right = Tensor.Empty([dimensions, dimensions], ScalarType.Float64);
        left.normal_(0, 1, generator);
        right.normal_(0, 1, generator);
        double[] strengths = [.. Enumerable.Range(0, (int)dimensions).Select(i => Math.Pow(decay, i))];
        return (left * Tensor.From(strengths)).MatrixProduct(right) + offset;
    }

    /// <summary>Singular values by libtorch's decomposition of the whole matrix.</summary>
    internal static double[] SingularValues(Tensor matrix) => linalg.svdvals(matrix).ToArray<double>();

    /// <summary>Fails with the worst place if two lists differ by more than the tolerance.</summary>
    internal static void AssertClose(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        int worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= Math.Abs(expected[worst] - actual[worst]))) worst = i;
        }

        Assert.True(
            expected.Length == 0 || Math.Abs(expected[worst] - actual[worst]) <= tolerance,
            $"{what}: largest difference at {worst}: expected {expected[worst]:r}, got {actual[worst]:r}, tolerance {tolerance:g2}");
    }
}
