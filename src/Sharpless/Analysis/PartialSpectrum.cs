using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>
/// The leading singular values of features of low rank, as many as explain a share of the variance, without a Gram matrix: directions by block
/// Lanczos, and a certificate of the count. Where there is none, there is no answer rather than one that may be wrong.
/// </summary>
internal static class PartialSpectrum
{
    /// <summary>Below this order the whole spectrum is there as soon.</summary>
    internal const long SmallestOrder = 1024;

    // The subspace may grow to this part of the order; from there on a Gram matrix is cheaper.
    private const long LargestPart = 8;

    // By this part most of the variance must have been seen: features whose rank is low are nearly exhausted by then.
    private const long EarlyPart = 16;

    // Less variance about the mean than this is lost in float32.
    private const double LeastVariance = 1e-6;

    // Memory of the subspace: features may be much wider than there are examples.
    private const long LargestBytes = 2L << 30;

    /// <summary>Tries it.</summary>
    /// <param name="features">[N, P].</param>
    /// <param name="centering">What is subtracted first.</param>
    /// <param name="shares">Shares of the variance whose ranks are to be certified.</param>
    /// <param name="progress">Told about how much is done, 0 to 1.</param>
    /// <param name="cancel">Stops at the next block of features.</param>
    /// <returns>Null where the features are small, of higher rank, without variance, or where a count lies too near to its share to be certified.</returns>
    internal static FeatureSpectrum? Of(FeatureMatrix features, Centering centering, IReadOnlyList<double> shares, IProgress<double>? progress, CancellationToken cancel)
    {
        long order = Math.Min(features.Examples, features.Dimensions), capacity = order / LargestPart, block = Math.Max(32, order / 160 / 32 * 32);
        if (order < SmallestOrder || 8 * capacity * features.Dimensions > LargestBytes) return null;
        using var scope = NewDisposeScope();
        using FeatureStore? loaded = (features as StoredFeatures)?.Load(); // they are going to be read many times
        using var panels = new CenteredPanels(loaded ?? features, centering, byColumns: false, cancel);
        if (panels.CenteredSquares <= LeastVariance * panels.RawSquares) return null;
        using var generator = Generator.Seeded(0); // the answer does not depend on it
        using var subspace = new LeadingSubspace(panels, block, capacity, generator);
        double largestShare = shares.Max();
        while (subspace.Dimensions + block <= capacity)
        {
            subspace.Grow();
            double captured = subspace.Captured / panels.CenteredSquares;
            progress?.Report(Math.Min(captured / largestShare, 0.9));
            if (subspace.Dimensions >= order / EarlyPart && captured < 1 - (3 * (1 - largestShare))) return null;
            if (captured <= largestShare) continue;

            (double[] values, double[] residuals, Tensor coefficients) = subspace.Ritz();
            int count = Promising(values, residuals, panels.CenteredSquares, shares);
            if (count == 0) continue;
            double rounding = order * Math.Max(features.Examples, features.Dimensions) * FeatureSpectrum.Epsilon;
            var certificate = new RankCertificate(panels, subspace.Vectors(coefficients, count), rounding, generator);
            if (shares.Any(share => certificate.Rank(share) is null)) return null;
            progress?.Report(1);
            int rank = certificate.Rank(largestShare)!.Value;
            return FeatureSpectrum.FromLeading([.. certificate.Inside.Take(rank)], features.Examples, features.Dimensions, centering, certificate.Trace, shares);
        }

        return null;
    }

    // Number of Ritz vectors with which a certificate is likely to be had; 0 where it is too early. They should reach down to half of the last value
    // that counts, so that a bound on what is outside, with some air, lies below it; and their residuals should not blur the sums.
    private static int Promising(double[] values, double[] residuals, double trace, IReadOnlyList<double> shares)
    {
        int rank = RankCertificate.CountOf(values, shares.Max() * trace);
        if (rank > values.Length) return 0;
        int count = Array.FindIndex(values, value => value < values[rank - 1] / 2);
        if (count < 0) return 0;
        double blur = residuals.Take(count).Sum() / (values[rank - 1] / 4);
        return shares.All(share => Distance(values, share * trace) > 20 * blur) ? count : 0;
    }

    // From a target to the nearest of the sums of the leading values.
    private static double Distance(double[] values, double target)
    {
        int rank = RankCertificate.CountOf(values, target);
        double before = values.Take(rank - 1).Sum();
        return Math.Min(target - before, before + values[rank - 1] - target);
    }
}
