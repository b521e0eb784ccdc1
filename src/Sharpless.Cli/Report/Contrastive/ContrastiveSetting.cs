namespace Sharpless.Cli.Report.Contrastive;

/// <summary>Runs that differ in nothing but the seed.</summary>
/// <param name="Value">Their ρ, or the size of their bottleneck, as it is written.</param>
/// <param name="Name">How the setting is called in legends.</param>
/// <param name="Runs">At least one, ordered by seed.</param>
internal sealed record ContrastiveSetting(string Value, string Name, IReadOnlyList<ContrastiveRecord> Runs)
{
    /// <summary>The runs whose values enter means: the finished ones, or all while none is finished.</summary>
    public IReadOnlyList<ContrastiveRecord> Counted { get; } = Runs.Any(record => record.Run.IsFinished) ? [.. Runs.Where(record => record.Run.IsFinished)] : Runs;

    /// <summary>Mean and spread of a final value; null where it was not measured.</summary>
    public Statistic? Latest(string column) => Statistic.Of(Counted.Select(record => record.Value(column)));

    /// <summary>Final values minus those of another setting, over the seeds of both; null where they share none.</summary>
    public PairedDifference? Against(ContrastiveSetting other, ContrastiveQuantity quantity) =>
        PairedDifference.Of(BySeed(quantity.Column), other.BySeed(quantity.Column), quantity.Unit);

    private IReadOnlyDictionary<long, double> BySeed(string column) =>
        PairedDifference.BySeed(Counted, record => record.Run.Seed, record => record.Value(column));
}
