namespace Sharpless.Cli.Report;

/// <summary>Mean and spread of one quantity over seeds.</summary>
/// <param name="Count">Number n of values.</param>
/// <param name="Mean">Their mean; NaN where one of them is not finite.</param>
/// <param name="Deviation">Sample standard deviation (divided by n - 1); null for a single value and where the mean is NaN.</param>
internal sealed record Statistic(int Count, double Mean, double? Deviation)
{
    /// <summary>Statistic of the values that were measured; null where none was.</summary>
    public static Statistic? Of(IEnumerable<double?> measured)
    {
        double[] values = [.. measured.OfType<double>()];
        if (values.Length == 0) return null;
        // A seed that diverged belongs to the result; a mean without it would hide it.
        if (!values.All(double.IsFinite)) return new Statistic(values.Length, double.NaN, null);
        double mean = values.Average();
        double? deviation = values.Length > 1 ? Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1)) : null;
        return new Statistic(values.Length, mean, deviation);
    }

    /// <summary>Whether there is a mean to compare and to draw.</summary>
    public bool IsFinite => double.IsFinite(Mean);
}
