using System.Globalization;

namespace Sharpless.Analysis;

/// <summary>Singular values of a centered feature matrix, and the ranks that follow from them.</summary>
public sealed record FeatureSpectrum
{
    /// <summary>All min(N, P) singular values, descending, 0 or more.</summary>
    /// <remarks>
    /// Square roots of the eigenvalues of a Gram matrix in float64: exact to about 1e-16 of the largest one's square, so values below about
    /// 1e-8 of the largest one are rounding noise. Shares of the variance are not affected.
    /// </remarks>
    public required double[] SingularValues { get; init; }

    /// <summary>N, the number of examples.</summary>
    public required long Examples { get; init; }

    /// <summary>P, the number of features.</summary>
    public required long Dimensions { get; init; }

    /// <summary>What was subtracted first.</summary>
    public required Centering Centering { get; init; }

    /// <summary>Sum of the squared singular values over N: for <see cref="Centering.Feature"/> the trace of the covariance matrix.</summary>
    public required double TotalVariance { get; init; }

    /// <summary>Spectrum of features, streamed, in memory of about 8 min(N, P)^2 bytes.</summary>
    /// <param name="features">[N, P].</param>
    /// <param name="centering">What is subtracted first.</param>
    /// <param name="progress">Told the share of the work on the features that is done, 0 to 1; the eigenvalues come after it.</param>
    /// <exception cref="ArgumentException">No rows or no columns.</exception>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    public static FeatureSpectrum Of(FeatureMatrix features, Centering centering, IProgress<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Examples == 0 || features.Dimensions == 0)
            throw new ArgumentException($"The features are [{features.Examples}, {features.Dimensions}]; a spectrum needs at least one example and one feature.", nameof(features));
        return features.Dimensions <= features.Examples
            ? SpectrumAccumulator.Spectrum(features, centering, progress)
            : WideSpectrum.Of(features, centering, progress);
    }

    /// <summary>Bytes that <see cref="Of"/> needs at its peak, about.</summary>
    public static long MemoryFor(long examples, long dimensions)
    {
        long order = Math.Min(examples, dimensions);
        return checked((8 * order * order) + (4 * PanelBytes));
    }

    /// <summary>Number of principal components that explain a share of the variance: the feature rank of arXiv:2305.16292.</summary>
    /// <param name="share">Share of the variance, strictly between 0 and 1. The paper uses 0.99.</param>
    /// <returns>
    /// #{k : s_1^2 + ... + s_k^2 &lt;= share * sum of all s^2} + 1, from 1 to min(N, P); 0 where all singular values are zero (the published
    /// code gives min(N, P) + 1 there). Eigenvalues that are rounding noise count as zero.
    /// </returns>
    public int FeatureRank(double share)
    {
        if (!(share > 0 && share < 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share of the variance must lie strictly between 0 and 1, such as 0.99.");
        double noise = SingularValues.Length == 0 ? 0 : Math.Max(Examples, Dimensions) * Epsilon * Square(SingularValues[0]);
        double total = 0;
        foreach (double value in SingularValues) total += Variance(value);
        if (total == 0) return 0;

        int rank = 0;
        double explained = 0;
        while (rank < SingularValues.Length && (explained += Variance(SingularValues[rank])) <= share * total) rank++;
        return Math.Min(rank + 1, SingularValues.Length);

        double Variance(double value) => Square(value) > noise ? Square(value) : 0;
    }

    /// <summary>exp of the entropy of s / sum(s) (Roy and Vetterli 2007; RankMe, arXiv:2210.02885): from 1 to min(N, P), 0 where all are zero.</summary>
    public double EffectiveRank()
    {
        double sum = SingularValues.Sum();
        return sum == 0 ? 0 : Math.Exp(-SingularValues.Where(value => value > 0).Sum(value => value / sum * Math.Log(value / sum)));
    }

    /// <summary>Sum of s^2 over the largest s^2: from 1 to min(N, P), 0 where all are zero.</summary>
    public double StableRank() => SingularValues.Length == 0 || SingularValues[0] == 0 ? 0 : SingularValues.Sum(Square) / Square(SingularValues[0]);

    /// <summary>Sizes, centering and rank.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"[{Examples}, {Dimensions}], centering {Centering}, feature rank (0.99) {FeatureRank(0.99)}");

    /// <summary>Relative rounding of float64.</summary>
    internal const double Epsilon = 1.0 / (1L << 52);

    /// <summary>Size of a block of rows or columns on its way into a Gram matrix.</summary>
    internal const long PanelBytes = 64L << 20;

    /// <summary>Makes the spectrum from a Gram matrix of the centered features.</summary>
    /// <param name="eigenvalues">Ascending; at least min(N, P) of them.</param>
    /// <param name="examples">N.</param>
    /// <param name="dimensions">P.</param>
    /// <param name="centering">What was subtracted.</param>
    /// <param name="centeredSquares">Sum of the squared centered features: the trace.</param>
    /// <param name="rawSquares">Sum of the squared features before centering.</param>
    internal static FeatureSpectrum FromEigenvalues(
        double[] eigenvalues, long examples, long dimensions, Centering centering, double centeredSquares, double rawSquares)
    {
        // Equal features leave the rounding of their mean, some epsilons of each, which is no variance.
        bool constant = centeredSquares <= 1024 * Epsilon * Epsilon * rawSquares;
        var values = new double[Math.Min(examples, dimensions)];
        for (int i = 0; i < values.Length && !constant; i++) values[i] = Math.Sqrt(Math.Max(0, eigenvalues[^(i + 1)]));
        return new FeatureSpectrum
        {
            SingularValues = values,
            Examples = examples,
            Dimensions = dimensions,
            Centering = centering,
            TotalVariance = constant ? 0 : centeredSquares / examples,
        };
    }

    private static double Square(double value) => value * value;
}
