using System.Globalization;
using Sharpless.Analysis;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>Mean difference of two arms over the seeds that both have, with its 95 % t-interval.</summary>
/// <remarks>Paired: arms of one seed start from the same network and the same data, so what the seed does to both cancels.</remarks>
/// <param name="Count">Number n of seeds.</param>
/// <param name="Mean">Mean of first minus second; not finite where a value is not.</param>
/// <param name="HalfWidth">t(n - 1) times the standard error; null for a single seed and where the mean is not finite.</param>
internal sealed record PairedDifference(int Count, double Mean, double? HalfWidth)
{
    /// <summary>Whether the interval lies above 0.</summary>
    public bool IsAbove => Mean - HalfWidth > 0;

    /// <summary>Whether the interval lies below 0.</summary>
    public bool IsBelow => Mean + HalfWidth < 0;

    /// <summary>First minus second; null where they have no seed in common.</summary>
    public static PairedDifference? Of(IReadOnlyDictionary<long, double> first, IReadOnlyDictionary<long, double> second)
    {
        double[] differences = [.. first.Where(item => second.ContainsKey(item.Key)).Select(item => item.Value - second[item.Key])];
        if (differences.Length == 0) return null;
        Estimate estimate = Estimate.Of(differences);
        return new PairedDifference(estimate.Samples, estimate.Mean, double.IsFinite(estimate.Mean) ? estimate.High - estimate.Mean : null);
    }

    /// <summary>In points of percent: "+0.62 [+0.20, +1.04]"; without the interval where there is one seed only.</summary>
    public override string ToString() => !double.IsFinite(Mean) ? "not finite"
        : HalfWidth is { } half ? $"{Points(Mean)} [{Points(Mean - half)}, {Points(Mean + half)}]" : Points(Mean);

    /// <summary>A difference of shares as signed points of percent: "+0.62".</summary>
    public static string Points(double difference) => (100 * difference).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture);
}
