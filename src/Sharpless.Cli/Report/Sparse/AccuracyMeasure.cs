using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>On which images an accuracy was measured.</summary>
/// <param name="Name">As it follows "accuracy on".</param>
/// <param name="Of">The accuracy of a cell.</param>
internal sealed record AccuracyMeasure(string Name, Func<SparseCell, double> Of)
{
    /// <summary>The share of the test images that the published exercise uses.</summary>
    public static readonly AccuracyMeasure Subset = new("the published share of the test images", cell => cell.TestAccuracy);

    /// <summary>All test images.</summary>
    public static readonly AccuracyMeasure All = new("all test images", cell => cell.TestAccuracyAll);

    /// <summary>Values by seed.</summary>
    /// <param name="cells">At most one of each seed.</param>
    public IReadOnlyDictionary<long, double> BySeed(IEnumerable<SparseCell> cells) => cells.ToDictionary(cell => (long)cell.Seed, Of);

    /// <summary>Mean and spread over the cells; null where there is none.</summary>
    public Statistic? Over(IEnumerable<SparseCell> cells) => Statistic.Of(cells.Select(cell => (double?)Of(cell)));
}
