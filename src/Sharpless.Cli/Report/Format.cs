using System.Globalization;

namespace Sharpless.Cli.Report;

/// <summary>Numbers as people read them, the same on every machine.</summary>
internal static class Format
{
    /// <summary>What stands where nothing was measured.</summary>
    public const string Missing = "–";

    private const string NotFinite = "not finite";

    /// <summary>Shortest text that reads back as the number.</summary>
    public static string Plain(double value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A whole number with its thousands set apart: "175,258".</summary>
    public static string Grouped(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>One value with its unit.</summary>
    public static string Value(double value, Unit unit) => double.IsFinite(value) ? Number(value, unit) + Suffix(unit) : NotFinite;

    /// <summary>A difference with its sign and its unit.</summary>
    public static string Signed(double difference, Unit unit) => difference > 0 ? $"+{Value(difference, unit)}" : Value(difference, unit);

    /// <summary>Mean ± sample standard deviation with unit; the mean alone for a single seed.</summary>
    public static string Value(Statistic? statistic, Unit unit) => Cell(statistic, unit) + (statistic is { IsFinite: true } ? Suffix(unit) : "");

    /// <summary>The mean alone with its unit.</summary>
    public static string Mean(Statistic statistic, Unit unit) =>
        unit == Unit.Count && statistic.Count > 1 && statistic.IsFinite ? Fixed(statistic.Mean, 1) : Value(statistic.Mean, unit);

    /// <summary>As <see cref="Value(Statistic?, Unit)"/>, for tables that name the unit above.</summary>
    public static string Cell(Statistic? statistic, Unit unit)
    {
        if (statistic is null) return Missing;
        if (!statistic.IsFinite) return NotFinite;
        if (statistic.Deviation is not { } deviation) return Number(statistic.Mean, unit);
        double scale = unit == Unit.Percent ? 100 : 1;
        int decimals = unit switch { Unit.Percent => 2, Unit.Count => 1, _ => DecimalsOf(deviation) };
        return $"{Fixed(scale * statistic.Mean, decimals)} ± {Fixed(scale * deviation, decimals)}";
    }

    private static string Suffix(Unit unit) => unit == Unit.Percent ? " %" : "";

    private static string Number(double value, Unit unit) => unit switch
    {
        Unit.Percent => Fixed(100 * value, 2),
        Unit.Count => Fixed(value, value == Math.Floor(value) ? 0 : 1),
        Unit.Number when value != 0 && Math.Abs(value) is < 1e-4 or >= 1e6 => value.ToString("0.###e0", CultureInfo.InvariantCulture),
        Unit.Number => value.ToString("G4", CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Bug in Sharpless: unknown unit."),
    };

    private static string Fixed(double value, int decimals) => value.ToString("F" + decimals, CultureInfo.InvariantCulture);

    // A spread is known to two digits at most; the mean gets as many decimals.
    private static int DecimalsOf(double deviation) => deviation > 0 ? Math.Clamp(1 - (int)Math.Floor(Math.Log10(deviation)), 0, 8) : 4;
}
