namespace Sharpless.Cli.Report;

/// <summary>How numbers of a quantity are written for people.</summary>
internal enum Unit
{
    /// <summary>A plain number with four digits, such as a loss.</summary>
    Number,

    /// <summary>A share from 0 to 1, printed in percent.</summary>
    Percent,

    /// <summary>A whole number; means of it get one decimal.</summary>
    Count,
}

/// <summary>Something that evaluations measure.</summary>
/// <param name="Column">Column of metrics.csv, without the tap.</param>
/// <param name="Name">As a title, such as "Test error".</param>
/// <param name="Unit">How its numbers are written.</param>
/// <param name="PerTap">Whether there is one column per tap, named <c>Column.TAP</c>.</param>
internal sealed record Quantity(string Column, string Name, Unit Unit, bool PerTap = false)
{
    public static readonly Quantity TrainLoss = new("train_loss", "Train loss", Unit.Number);
    public static readonly Quantity TrainError = new("train_error", "Train error", Unit.Percent);
    public static readonly Quantity TestLoss = new("test_loss", "Test loss", Unit.Number);
    public static readonly Quantity TestError = new("test_error", "Test error", Unit.Percent);
    public static readonly Quantity FeatureRank = new("feature_rank", "Feature rank", Unit.Count, PerTap: true);
    public static readonly Quantity KnnError = new("knn_error", "kNN error", Unit.Percent, PerTap: true);
    public static readonly Quantity CentroidError = new("centroid_error", "Nearest-centroid error", Unit.Percent, PerTap: true);

    /// <summary>The name inside a sentence or at an axis.</summary>
    public string Lower => char.ToLowerInvariant(Name[0]) + Name[1..];

    /// <summary>Where it is measured: at each tap, or at the single place "".</summary>
    public IReadOnlyList<string> Places(IReadOnlyList<string> taps) => PerTap ? taps : [""];

    /// <summary>The column that holds this quantity at a tap.</summary>
    /// <param name="tap">Name of the tap; ignored where the quantity does not depend on one.</param>
    public string At(string tap) => PerTap ? $"{Column}.{tap}" : Column;
}
