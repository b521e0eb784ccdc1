namespace Sharpless.Analysis;

/// <summary>A mean with what its spread says about it.</summary>
/// <param name="Mean">Mean of the samples.</param>
/// <param name="StandardDeviation">Sample standard deviation (divided by n - 1); null for one sample.</param>
/// <param name="Low">
/// Lower end of the 95 % confidence interval of the mean, by Student's t distribution; null for one sample, NaN with a mean that is not finite.
/// </param>
/// <param name="High">Its upper end; null for one sample.</param>
/// <param name="Samples">n.</param>
public sealed record Estimate(double Mean, double? StandardDeviation, double? Low, double? High, int Samples)
{
    private const double Confidence = 0.95;

    /// <summary>Estimate of a mean from independent samples.</summary>
    /// <param name="samples">One or more.</param>
    /// <param name="comparisons">
    /// Intervals that are looked at together, 1 or more. Each is widened (Bonferroni: 1 - 0.05 / comparisons) so that all of them
    /// hold together with 95 %; looked at one by one, of 20 intervals one misses by chance.
    /// </param>
    /// <param name="resolution">
    /// Step of the numbers whose differences the samples are: 1 for whole numbers. Few of them may be equal by rounding, which would leave an
    /// interval of no width; it is at least as wide as rounding alone makes it (a deviation of resolution / sqrt(6)).
    /// </param>
    /// <exception cref="ArgumentException">No sample, or no comparison.</exception>
    public static Estimate Of(IReadOnlyList<double> samples, int comparisons = 1, double resolution = 0)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(comparisons, 1);
        if (samples.Count == 0) throw new ArgumentException("A mean needs at least one sample.", nameof(samples));
        double mean = samples.Average();
        if (samples.Count == 1) return new Estimate(mean, null, null, null, 1);
        double deviation = Math.Sqrt(samples.Sum(sample => (sample - mean) * (sample - mean)) / (samples.Count - 1));
        double t = Quantile(samples.Count - 1, 1 - ((1 - Confidence) / comparisons));
        double half = t * Math.Max(deviation, resolution / Math.Sqrt(6)) / Math.Sqrt(samples.Count);
        return new Estimate(mean, deviation, mean - half, mean + half, samples.Count);
    }

    /// <summary>What the interval says of the claim that the mean is below 0; undecided for one sample.</summary>
    internal Verdict IsBelowZero() => High < 0 ? Verdict.Holds : Low > 0 ? Verdict.Contradicted : Verdict.Undecided;

    /// <summary>What the interval says of the claim that the mean is above 0; undecided for one sample.</summary>
    internal Verdict IsAboveZero() => Low > 0 ? Verdict.Holds : High < 0 ? Verdict.Contradicted : Verdict.Undecided;

    /// <summary>t such that Student's distribution has a share of its mass in [-t, t].</summary>
    internal static double Quantile(int degreesOfFreedom, double share = Confidence)
    {
        // The mass inside [-t, t] grows with t.
        double low = 0, high = 2;
        while (MassWithin(high, degreesOfFreedom) < share) high *= 2;
        while (high - low > 1e-12 * high)
        {
            double middle = (low + high) / 2;
            if (MassWithin(middle, degreesOfFreedom) < share) low = middle;
            else high = middle;
        }

        return high;
    }

    // Abramowitz and Stegun 26.7.3 and 26.7.4: a finite sum in θ = atan(t / sqrt(ν)).
    private static double MassWithin(double t, int degreesOfFreedom)
    {
        double angle = Math.Atan(t / Math.Sqrt(degreesOfFreedom)), cosine = Math.Cos(angle), sine = Math.Sin(angle);
        bool isOdd = degreesOfFreedom % 2 == 1;
        double sum = 0, term = isOdd ? cosine : 1;
        for (int power = isOdd ? 1 : 0; power <= degreesOfFreedom - 2; power += 2)
        {
            sum += term;
            term *= cosine * cosine * (power + 1) / (power + 2);
        }

        return isOdd ? 2 / Math.PI * (angle + (sine * sum)) : sine * sum;
    }
}
