using System.Text.Json;
using System.Text.Json.Serialization;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// Everything that decides the outcome of a training run. Names in JSON are those of the command line; defaults are those of the published
/// program (arXiv:2305.16292) where it has the option.
/// </summary>
public sealed partial record TrainOptions
{
    /// <summary>Data set by name, <c>npz:FILE</c> or <c>folder:DIR</c>. Default fashion_mnist.</summary>
    [JsonPropertyName("dataset")]
    public string DataSet { get; init; } = "fashion_mnist";

    /// <summary>With which constants pixels are normalized. Default original, as published.</summary>
    [JsonPropertyName("norm")]
    public NormalizationChoice Normalization { get; init; }

    /// <summary>Model by name. Default resnet18.</summary>
    [JsonPropertyName("model")]
    public string Model { get; init; } = "resnet18";

    /// <summary>Base width of the model. Default 64, that of most; <see cref="ModelCatalog.DefaultWidthOf"/> tells that of each.</summary>
    [JsonPropertyName("model-width")]
    public int ModelWidth { get; init; } = ModelCatalog.DefaultWidth;

    /// <summary>Epochs of training; 0 evaluates the first weights. Default 100.</summary>
    [JsonPropertyName("epochs")]
    public int Epochs { get; init; } = 100;

    /// <summary>Examples in a batch. Default 128.</summary>
    [JsonPropertyName("batch-size")]
    public int BatchSize { get; init; } = 128;

    /// <summary>Share of the training examples used, the first ones that are not for validation. Default 1.</summary>
    [JsonPropertyName("frac-train")]
    public double TrainShare { get; init; } = 1;

    /// <summary>Share of the examples used (<see cref="TrainShare"/>) that is set aside for validation, in [0, 1). Default 0.001, as published. Has no effect on data sets that bring their own.</summary>
    [JsonPropertyName("frac-val")]
    public double ValidationShare { get; init; } = 0.001;

    /// <summary>Order of the examples. Default random.</summary>
    [JsonPropertyName("batch-order")]
    public BatchOrder BatchOrder { get; init; }

    /// <summary>Seed of the split, the first weights, the order and the augmentation. Default 0.</summary>
    [JsonPropertyName("seed")]
    public int Seed { get; init; }

    /// <summary>Weights to start from, a safetensors file; empty to draw them.</summary>
    [JsonPropertyName("init")]
    public string InitialWeights { get; init; } = "";

    /// <summary>Whether batch norm normalizes with its running statistics in training too, and never moves them: at the start they are mean 0 and variance 1. Default no.</summary>
    [JsonPropertyName("freeze-bn-stats")]
    public bool FreezesStatistics { get; init; }

    /// <summary>What batch norm normalizes with in training under <see cref="FreezesStatistics"/>. Default the running statistics, as published.</summary>
    [JsonPropertyName("freeze-bn-mode")]
    public FrozenNormalization FrozenNormalization { get; init; }

    /// <summary>
    /// Whether the first evaluation comes before any pass in training mode. The published program looks at one batch first, which moves the running statistics
    /// of batch norm and so changes what is measured at epoch 0, and only there. Default no.
    /// </summary>
    [JsonPropertyName("skip-first-look")]
    public bool SkipsFirstLook { get; init; }

    /// <summary>Epochs from one snapshot of the weights to the next, in <c>snapshots/</c>; 0 for none. Default 0.</summary>
    [JsonPropertyName("save-model-each-k-epochs")]
    public int SnapshotPeriod { get; init; }

    /// <summary>Which of the weights to start from are pruned and stay 0. Default: those of the mask beside <see cref="InitialWeights"/>, if there is one.</summary>
    [JsonPropertyName("mask")]
    public MaskSource Mask { get; init; }

    /// <summary>Type of the point.</summary>
    [JsonPropertyName("precision")]
    public Precision Precision { get; init; }

    /// <summary>Every problem that can be told without the data; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        if (Epochs < 0) yield return $"--epochs is {Epochs}; it must be 0 or more.";
        if (SnapshotPeriod < 0) yield return $"--save-model-each-k-epochs is {SnapshotPeriod}; it must be 0 or more.";
        if (BatchSize < 1) yield return $"--batch-size is {BatchSize}; it must be 1 or more.";
        if (!(ValidationShare >= 0 && ValidationShare < 1)) yield return $"--frac-val is {ValidationShare}; it must be from 0 to below 1.";
        if (!(TrainShare > 0 && TrainShare <= 1)) yield return $"--frac-train is {TrainShare}; it must be above 0 and at most 1.";
        foreach (string problem in ModelProblems().Concat(AugmentationProblems()).Concat(DescentProblems()).Concat(SamProblems()).Concat(LossProblems()).Concat(EvaluationProblems()).Concat(PruningProblems())) yield return problem;
    }

    /// <summary>The options of the run in a folder.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no run.</exception>
    /// <exception cref="InvalidDataException">Its <c>config.json</c> is not that of a training run, or holds an option that this version does not know.</exception>
    public static TrainOptions OfRun(string folder) => RunConfiguration.Read(Path.Combine(folder, "config.json"));

    /// <summary>The same options with every path in them absolute, so that they mean the same from any folder.</summary>
    public TrainOptions WithFullPaths() => this with
    {
        DataSet = DataSets.WithFullPath(DataSet),
        NeighbourDataSet = DataSets.WithFullPath(NeighbourDataSet),
        InitialWeights = InitialWeights.Length == 0 ? "" : Path.GetFullPath(InitialWeights),
    };

    /// <summary>Which examples are used for what.</summary>
    internal SplitOptions Split => new()
    {
        TrainShare = TrainShare, ValidationShare = ValidationShare, TestCount = TestCount == -1 ? null : TestCount, FastCount = FastCount, AnalysisCount = AnalysisCount,
    };

    /// <summary>What the model must fit, for a data set.</summary>
    internal ModelShape ShapeFor(ImageData data) => new(data.Shape.Channels, data.Shape.Height, data.Shape.Width, data.Classes, ModelWidth);

    /// <summary>Every option with its value, by its name on the command line.</summary>
    public IReadOnlyDictionary<string, JsonElement> Resolved() =>
        JsonSerializer.SerializeToElement(this, RunConfiguration.Json).EnumerateObject().ToDictionary(item => item.Name, item => item.Value);
}
