using System.Globalization;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>How fractions of pruned weights are written.</summary>
internal static class Fraction
{
    /// <summary>"50 %", "97.5 %".</summary>
    public static string Text(double fraction) => (100 * fraction).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
