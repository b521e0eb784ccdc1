namespace Sharpless.Cli.Report;

/// <summary>Change of one quantity at one place from the smallest to the largest ρ of a group.</summary>
/// <param name="Tap">Where, or "" for a quantity of the whole network.</param>
/// <param name="From">At the smallest ρ.</param>
/// <param name="To">At the largest ρ.</param>
/// <param name="Unit">How the values are written.</param>
internal sealed record Change(string Tap, Statistic From, Statistic To, Unit Unit)
{
    /// <summary>Difference of the means.</summary>
    public double Difference => To.Mean - From.Mean;

    /// <summary>Standard error of <see cref="Difference"/> over the seeds; null where a mean has one seed only.</summary>
    public double? StandardError => Statistic.ErrorOfDifference(From, To);

    /// <summary>The changes of a quantity wherever both settings have a finite mean of it.</summary>
    public static IReadOnlyList<Change> Between(Setting low, Setting high, Quantity quantity, IReadOnlyList<string> taps)
    {
        var changes = new List<Change>();
        foreach (string tap in quantity.Places(taps))
        {
            if (low.Latest(quantity.At(tap)) is { IsFinite: true } from && high.Latest(quantity.At(tap)) is { IsFinite: true } to) changes.Add(new Change(tap, from, to, quantity.Unit));
        }
        return changes;
    }

    /// <summary>"block4 210 → 120".</summary>
    public override string ToString() => $"{Tap} {Format.Mean(From, Unit)} → {Format.Mean(To, Unit)}".TrimStart();
}
