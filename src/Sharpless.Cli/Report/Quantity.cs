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
/// <param name="Meaning">A sentence for readers who do not know it, or nothing.</param>
internal sealed record Quantity(string Column, string Name, Unit Unit, bool PerTap = false, string Meaning = "")
{
    public static readonly Quantity TrainLoss = new("train_loss", "Train loss", Unit.Number);
    public static readonly Quantity TrainError = new("train_error", "Train error", Unit.Percent);
    public static readonly Quantity TestLoss = new("test_loss", "Test loss", Unit.Number);
    public static readonly Quantity TestError = new("test_error", "Test error", Unit.Percent);
    public static readonly Quantity AveragedTestError = new("test_error_swa", "Test error, averaged weights", Unit.Percent);
    public static readonly Quantity ValidationError = new("val_error", "Validation error", Unit.Percent);
    public static readonly Quantity CleanError = new("train_error_clean", "Train error, true labels", Unit.Percent, Meaning: "Of the training examples that kept their true labels.");
    public static readonly Quantity NoisyError = new("train_error_ln", "Train error, wrong labels", Unit.Percent, Meaning: "Of the training examples with a wrong label, measured against it: 0 % is learned by heart.");
    public static readonly Quantity FeatureRank = new("feature_rank", "Feature rank", Unit.Count, PerTap: true);
    public static readonly Quantity KnnError = new("knn_error", "kNN error", Unit.Percent, PerTap: true);
    public static readonly Quantity CentroidError = new("centroid_error", "Nearest-centroid error", Unit.Percent, PerTap: true);
    public static readonly Quantity Density = new("density", "Density", Unit.Percent, PerTap: true, "Share of activations above 0.");
    public static readonly Quantity DistinctDensity = new("distinct_density", "Density of distinct units", Unit.Percent, PerTap: true);
    public static readonly Quantity CorrelatedUnits = new("correlated_units", "Correlated units", Unit.Count, PerTap: true, "Units that are dead or hardly differ from another, among at most 1,000.");
    public static readonly Quantity ActiveUnits = UnitsActiveOn(5);
    public static readonly Quantity SharpnessSmall = new("sharpness_loss_small", "Sharpness, small radius", Unit.Number, Meaning: "Rise of the loss after a step of length 0.01 along the gradient of a batch, mean over batches.");
    public static readonly Quantity SharpnessLarge = new("sharpness_loss_large", "Sharpness, own radius", Unit.Number, Meaning: "Rise of the loss after a step of the run's ρ along the gradient of a batch, mean over batches; 0.1 for ρ = 0.");
    public static readonly Quantity SharpnessErrorSmall = new("sharpness_error_small", "Rise of the error, small radius", Unit.Percent);
    public static readonly Quantity SharpnessErrorLarge = new("sharpness_error_large", "Rise of the error, own radius", Unit.Percent);

    /// <summary>All that are measured at taps, in the order of the tables.</summary>
    public static readonly IReadOnlyList<Quantity> OfTheTaps =
    [
        FeatureRank, KnnError, CentroidError, Density, DistinctDensity, CorrelatedUnits, UnitsActiveOn(0), UnitsActiveOn(1), ActiveUnits, UnitsActiveOn(10),
    ];

    /// <summary>The name inside a sentence or at an axis.</summary>
    public string Lower => char.ToLowerInvariant(Name[0]) + Name[1..];

    /// <summary>Where it is measured: at each tap, or at the single place "".</summary>
    public IReadOnlyList<string> Places(IReadOnlyList<string> taps) => PerTap ? taps : [""];

    /// <summary>The column that holds this quantity at a tap.</summary>
    /// <param name="tap">Name of the tap; ignored where the quantity does not depend on one.</param>
    public string At(string tap) => PerTap ? $"{Column}.{tap}" : Column;

    private static Quantity UnitsActiveOn(int percent) => new(
        $"active_units_{percent}p", $"Units active on more than {percent} % of the examples", Unit.Count, PerTap: true, "Active: above 5 % of the largest activation at the tap.");
}
