namespace Sharpless.Analysis;

/// <summary>A mean with what its spread says about it.</summary>
/// <param name="Mean">Mean of the samples.</param>
/// <param name="StandardDeviation">Sample standard deviation (divided by n - 1); null for one sample.</param>
/// <param name="Low">Lower end of the 95 % confidence interval of the mean, by Student's t distribution; null for one sample.</param>
/// <param name="High">Its upper end; null for one sample.</param>
/// <param name="Samples">n.</param>
public sealed record Estimate(double Mean, double? StandardDeviation, double? Low, double? High, int Samples)
{
    private const double Confidence = 0.95;

    /// <summary>Estimate of a mean from independent samples.</summary>
    /// <param name="samples">One or more.</param>
    /// <exception cref="ArgumentException">No sample.</exception>
    public static Estimate Of(IReadOnlyList<double> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Count == 0) throw new ArgumentException("A mean needs at least one sample.", nameof(samples));
        double mean = samples.Average();
        if (samples.Count == 1) return new Estimate(mean, null, null, null, 1);
        double deviation = Math.Sqrt(samples.Sum(sample => (sample - mean) * (sample - mean)) / (samples.Count - 1));
        double half = Quantile(samples.Count - 1) * deviation / Math.Sqrt(samples.Count);
        return new Estimate(mean, deviation, mean - half, mean + half, samples.Count);
    }

    /// <summary>t such that Student's distribution has 95 % of its mass in [-t, t].</summary>
    internal static double Quantile(int degreesOfFreedom)
    {
        // The mass inside [-t, t] grows with t; 13 is beyond the quantile of one degree of freedom, 12.706.
        double low = 0, high = 13;
        while (high - low > 1e-12)
        {
            double middle = (low + high) / 2;
            if (MassWithin(middle, degreesOfFreedom) < Confidence) low = middle;
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
