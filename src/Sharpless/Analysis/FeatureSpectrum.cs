using System.Globalization;

namespace Sharpless.Analysis;

/// <summary>Singular values of a centered feature matrix, and the ranks that follow from them.</summary>
public sealed record FeatureSpectrum
{
    /// <summary>All min(N, P) singular values, descending, 0 or more; only the leading ones where <see cref="IsPartial"/>.</summary>
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

    /// <summary>Shares of the variance whose rank is known though the spectrum is partial; null for a whole one.</summary>
    public IReadOnlyList<double>? CertifiedShares { get; init; }

    /// <summary>Whether the spectrum ends with the leading singular values, as <see cref="UpTo"/> may leave it.</summary>
    public bool IsPartial => CertifiedShares is not null;

    /// <summary>Spectrum of features, streamed, in memory of about 8 min(N, P)^2 bytes.</summary>
    /// <param name="features">[N, P].</param>
    /// <param name="centering">What is subtracted first.</param>
    /// <param name="progress">Told the share of the work on the features that is done, 0 to 1; the eigenvalues come after it.</param>
    /// <param name="cancel">Stops at the next block of features. Eigenvalues under way are left to be finished by nobody: what waits for them stops at once.</param>
    /// <exception cref="ArgumentException">No rows or no columns.</exception>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static FeatureSpectrum Of(FeatureMatrix features, Centering centering, IProgress<double>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Examples == 0 || features.Dimensions == 0)
            throw new ArgumentException($"The features are [{features.Examples}, {features.Dimensions}]; a spectrum needs at least one example and one feature.", nameof(features));
        return features.Dimensions <= features.Examples
            ? SpectrumAccumulator.Spectrum(features, centering, progress, cancel)
            : WideSpectrum.Of(features, centering, progress, cancel);
    }

    /// <summary>
    /// Spectrum only as far as some ranks need it: where the features are of low rank (less than about a tenth of min(N, P)) the leading singular
    /// values, from products with the features alone; else, or where the bounds do not certify the ranks, the whole one.
    /// </summary>
    /// <remarks>
    /// The ranks are those of <see cref="Of"/>, but for a chance of 10^-16. The singular values of a partial spectrum are bounds from below,
    /// loosest at its end.
    /// </remarks>
    /// <param name="features">[N, P].</param>
    /// <param name="centering">What is subtracted first.</param>
    /// <param name="shares">The shares that <see cref="FeatureRank"/> is going to be asked for, strictly between 0 and 1, at least one.</param>
    /// <param name="progress">Told about how much is done, 0 to 1; it begins again where the whole spectrum turns out to be needed.</param>
    /// <param name="cancel">Stops as in <see cref="Of"/>.</param>
    /// <exception cref="ArgumentException">No rows, no columns, no shares or one out of range.</exception>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static FeatureSpectrum UpTo(
        FeatureMatrix features, Centering centering, IReadOnlyList<double> shares, IProgress<double>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(shares);
        if (shares.Count == 0) throw new ArgumentException("There are no shares of the variance to reach.", nameof(shares));
        foreach (double share in shares) RequireShare(share);
        return PartialSpectrum.Of(features, centering, shares, progress, cancel) ?? Of(features, centering, progress, cancel);
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
    /// <exception cref="ArgumentOutOfRangeException">The share is out of range.</exception>
    /// <exception cref="ArgumentException">The spectrum is partial, and the share is not one of <see cref="CertifiedShares"/>.</exception>
    public int FeatureRank(double share)
    {
        RequireShare(share);
        if (CertifiedShares?.Contains(share) == false)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The spectrum is partial, and certified for {string.Join(", ", CertifiedShares)} alone; given is {share}."), nameof(share));
        double noise = SingularValues.Length == 0 ? 0 : Math.Max(Examples, Dimensions) * Epsilon * Square(SingularValues[0]);
        double total = IsPartial ? TotalVariance * Examples : SingularValues.Sum(Variance);
        if (total == 0) return 0;

        int rank = 0;
        double explained = 0;
        while (rank < SingularValues.Length && (explained += Variance(SingularValues[rank])) <= share * total) rank++;
        return Math.Min(rank + 1, SingularValues.Length);

        double Variance(double value) => Square(value) > noise ? Square(value) : 0;
    }

    /// <summary>exp of the entropy of s / sum(s) (Roy and Vetterli 2007; RankMe, arXiv:2210.02885): from 1 to min(N, P), 0 where all are zero.</summary>
    /// <exception cref="InvalidOperationException">The spectrum is partial.</exception>
    public double EffectiveRank()
    {
        if (IsPartial) throw new InvalidOperationException("The effective rank needs all singular values; this spectrum is partial.");
        double sum = SingularValues.Sum();
        return sum == 0 ? 0 : Math.Exp(-SingularValues.Where(value => value > 0).Sum(value => value / sum * Math.Log(value / sum)));
    }

    /// <summary>Sum of s^2 over the largest s^2: from 1 to min(N, P), 0 where all are zero.</summary>
    public double StableRank() => SingularValues.Length == 0 || SingularValues[0] == 0
        ? 0
        : (IsPartial ? TotalVariance * Examples : SingularValues.Sum(Square)) / Square(SingularValues[0]);

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
        bool constant = IsConstant(centeredSquares, rawSquares);
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

    /// <summary>Makes a partial spectrum.</summary>
    /// <param name="squares">Squares of the leading singular values, descending.</param>
    /// <param name="examples">N.</param>
    /// <param name="dimensions">P.</param>
    /// <param name="centering">What was subtracted.</param>
    /// <param name="centeredSquares">Sum of the squares of all singular values.</param>
    /// <param name="shares">Whose ranks are certain.</param>
    internal static FeatureSpectrum FromLeading(double[] squares, long examples, long dimensions, Centering centering, double centeredSquares, IReadOnlyList<double> shares) => new()
    {
        SingularValues = [.. squares.Select(Math.Sqrt)],
        Examples = examples,
        Dimensions = dimensions,
        Centering = centering,
        TotalVariance = centeredSquares / examples,
        CertifiedShares = shares,
    };

    /// <summary>Whether nothing varies: equal features leave the rounding of their mean, some epsilons of each, which is no variance.</summary>
    internal static bool IsConstant(double centeredSquares, double rawSquares) => centeredSquares <= 1024 * Epsilon * Epsilon * rawSquares;

    private static void RequireShare(double share)
    {
        if (!(share > 0 && share < 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share of the variance must lie strictly between 0 and 1, such as 0.99.");
    }

    private static double Square(double value) => value * value;
}
