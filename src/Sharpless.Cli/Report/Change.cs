namespace Sharpless.Cli.Report;

/// <summary>Change of one quantity at one place from the smallest to the largest ρ of a group.</summary>
/// <param name="Tap">Where, or "" for a quantity of the whole network.</param>
/// <param name="From">At the smallest ρ.</param>
/// <param name="To">At the largest ρ.</param>
/// <param name="Unit">How the values are written.</param>
/// <param name="Difference">To minus from, over the seeds of both; null where they share none.</param>
internal sealed record Change(string Tap, Statistic From, Statistic To, Unit Unit, PairedDifference? Difference)
{
    /// <summary>All that <see cref="Way"/> can be, in the order in which they are told.</summary>
    public static IReadOnlyList<string> Ways { get; } = ["falls", "rises", "stays equal", "is undecided"];

    /// <summary>The changes of a quantity wherever both settings have a finite mean of it.</summary>
    public static IReadOnlyList<Change> Between(Setting low, Setting high, Quantity quantity, IReadOnlyList<string> taps)
    {
        var changes = new List<Change>();
        foreach (string tap in quantity.Places(taps))
        {
            string column = quantity.At(tap);
            if (low.Latest(column) is { IsFinite: true } from && high.Latest(column) is { IsFinite: true } to)
                changes.Add(new Change(tap, from, to, quantity.Unit, high.Against(low, column, quantity.Unit)));
        }

        return changes;
    }

    /// <summary>"falls", "rises" or "stays equal", where the interval says so; else "is undecided".</summary>
    public string Way => Difference switch
    {
        { IsBelow: true } => "falls",
        { IsAbove: true } => "rises",
        { IsZero: true } => "stays equal",
        _ => "is undecided",
    };

    /// <summary>"block4 210 → 120, −90.0 [−95.2, −84.8]".</summary>
    public override string ToString() =>
        $"{Tap} {Format.Mean(From, Unit)} → {Format.Mean(To, Unit)}{Interval}".TrimStart();

    private string Interval => Difference is { IsJudged: true, IsZero: false } ? $", {Difference}" : "";
}
