namespace Sharpless.Cli.Report.Sparse;

/// <summary>On which images an accuracy was measured.</summary>
/// <param name="Name">As it follows "accuracy on".</param>
/// <param name="Of">The accuracy of a cell.</param>
internal sealed record AccuracyMeasure(string Name, Func<SparseCell, double?> Of)
{
    /// <summary>The share of the test images that the published exercise uses.</summary>
    public static readonly AccuracyMeasure Subset = new("the published share of the test images", cell => cell.TestAccuracy);

    /// <summary>All test images.</summary>
    public static readonly AccuracyMeasure All = new("all test images", cell => cell.TestAccuracyAll);

    /// <summary>The measure with more images that any of the cells has.</summary>
    public static AccuracyMeasure Best(IEnumerable<SparseCell> cells) => cells.Any(cell => cell.TestAccuracyAll is not null) ? All : Subset;

    /// <summary>Values by seed, of the cells that have one.</summary>
    public IReadOnlyDictionary<long, double> BySeed(IEnumerable<SparseCell> cells) =>
        cells.Where(cell => Of(cell) is not null).ToDictionary(cell => cell.Seed, cell => Of(cell)!.Value);

    /// <summary>Mean and spread over the cells; null where none has a value.</summary>
    public Statistic? Over(IEnumerable<SparseCell> cells) => Statistic.Of(cells.Select(Of));
}
