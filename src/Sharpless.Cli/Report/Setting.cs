using Sharpless.Training;

namespace Sharpless.Cli.Report;

/// <summary>Runs that differ in nothing but the seed.</summary>
/// <param name="Rho">Their radius ρ.</param>
/// <param name="Runs">At least one, ordered by seed.</param>
internal sealed record Setting(double Rho, IReadOnlyList<RunRecord> Runs)
{
    /// <summary>How the setting is called in tables and legends.</summary>
    public string Name => $"ρ = {Format.Plain(Rho)}";

    /// <summary>The runs whose values enter means: the finished ones, or all while none is finished.</summary>
    /// <remarks>The last value of a run that stopped early is no final value; mixing them would shift the mean.</remarks>
    public IReadOnlyList<RunRecord> Counted { get; } = Runs.Any(run => run.IsFinished) ? [.. Runs.Where(run => run.IsFinished)] : Runs;

    /// <summary>Mean and spread of the latest values over <see cref="Counted"/>; null where nothing was measured.</summary>
    /// <param name="column">Column of metrics.csv.</param>
    public Statistic? Latest(string column) => Statistic.Of(Counted.Select(run => run.Latest(column)));

    /// <summary>Latest values minus those of another setting, over the seeds of both; null where they share none.</summary>
    public PairedDifference? Against(Setting other, string column, Unit unit) =>
        PairedDifference.Of(BySeed(column), other.BySeed(column), unit);

    private IReadOnlyDictionary<long, double> BySeed(string column) =>
        PairedDifference.BySeed(Counted, run => run.Seed, run => run.Latest(column));
}
