using System.Globalization;
using Sharpless.Analysis;

namespace Sharpless.Cli.Report;

/// <summary>Mean difference of two settings over the seeds that both have, with its t-interval.</summary>
/// <remarks>
/// Paired: runs of one seed start from the same weights and see the same data, so what the seed does to both cancels. Whoever
/// looks at several differences widens their intervals (<see cref="Among"/>), or one of 20 would leave 0 out by chance.
/// </remarks>
internal sealed class PairedDifference
{
    private readonly double[] _differences;
    private readonly Unit _unit;
    private readonly Estimate _estimate;

    private PairedDifference(double[] differences, Unit unit, int comparisons)
    {
        (_differences, _unit) = (differences, unit);
        _estimate = Estimate.Of(differences, Math.Max(1, comparisons), resolution: unit == Unit.Count ? 1 : 0);
    }

    /// <summary>Number n of seeds.</summary>
    public int Count => _estimate.Samples;

    /// <summary>Mean of first minus second; not finite where a value is not.</summary>
    public double Mean => _estimate.Mean;

    /// <summary>Half the interval; null for a single seed and where the mean is not finite.</summary>
    public double? HalfWidth => double.IsFinite(Mean) ? _estimate.High - Mean : null;

    /// <summary>Whether there is an interval that can decide something.</summary>
    public bool IsJudged => HalfWidth is not null;

    /// <summary>Whether the interval lies above 0.</summary>
    public bool IsAbove => Mean - HalfWidth > 0;

    /// <summary>Whether the interval lies below 0.</summary>
    public bool IsBelow => Mean + HalfWidth < 0;

    /// <summary>Whether both are equal for every seed.</summary>
    public bool IsZero => Array.TrueForAll(_differences, difference => difference == 0);

    /// <summary>What the interval says of the claim that first is above second.</summary>
    public Verdict Above => IsAbove ? Verdict.Holds : IsBelow ? Verdict.Contradicted : Verdict.Undecided;

    /// <summary>First minus second, looked at alone; null where they have no seed in common.</summary>
    /// <param name="first">Values by seed.</param>
    /// <param name="second">Values by seed.</param>
    /// <param name="unit">How they are written; counts are whole numbers, which their interval allows for.</param>
    public static PairedDifference? Of(
        IReadOnlyDictionary<long, double> first, IReadOnlyDictionary<long, double> second, Unit unit = Unit.Percent)
    {
        double[] differences = [.. first.Keys.Where(second.ContainsKey).Select(seed => first[seed] - second[seed])];
        return differences.Length == 0 ? null : new PairedDifference(differences, unit, comparisons: 1);
    }

    /// <summary>Values by seed, the mean where a seed was run twice; runs without the value are left out.</summary>
    public static IReadOnlyDictionary<long, double> BySeed<T>(
        IEnumerable<T> runs, Func<T, long> seed, Func<T, double?> value) =>
        runs.Where(run => value(run) is not null).GroupBy(seed)
            .ToDictionary(same => same.Key, same => same.Average(run => value(run)!.Value));

    /// <summary>How the intervals of several differences are made.</summary>
    public static string Method(int comparisons) => comparisons == 1
        ? "95 % t-interval over seeds, paired"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"t-intervals over seeds, paired, 95 % for the {comparisons} differences together (Bonferroni)");

    /// <summary>The same, looked at together with others: the intervals of all hold together with 95 % (Bonferroni).</summary>
    /// <param name="comparisons">Number of all, this one among them.</param>
    public PairedDifference Among(int comparisons) => new(_differences, _unit, comparisons);

    /// <summary>"+0.62 [+0.20, +1.04]", percent as points; without the interval where there is one seed only.</summary>
    public override string ToString() => !double.IsFinite(Mean) ? "not finite"
        : HalfWidth is { } half ? $"{Signed(Mean)} [{Signed(Mean - half)}, {Signed(Mean + half)}]" : Signed(Mean);

    private string Signed(double difference) => _unit switch
    {
        Unit.Percent => (100 * difference).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture),
        Unit.Count => difference.ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture),
        _ => Format.Signed(difference, _unit).Replace('-', '−'),
    };
}
