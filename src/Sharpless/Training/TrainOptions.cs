using System.Text.Json;
using System.Text.Json.Serialization;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// Everything that decides the outcome of a training run. Names in JSON are those of the command line; defaults are those of the published
/// program (arXiv:2305.16292) where it has the option.
/// </summary>
public sealed record TrainOptions
{
    /// <summary>Data set by name, or <c>npz:FILE</c>. Default fashion_mnist.</summary>
    [JsonPropertyName("dataset")]
    public string DataSet { get; init; } = "fashion_mnist";

    /// <summary>Model by name. Default resnet18.</summary>
    [JsonPropertyName("model")]
    public string Model { get; init; } = "resnet18";

    /// <summary>Base width of the model. Default 64.</summary>
    [JsonPropertyName("model-width")]
    public int ModelWidth { get; init; } = ModelCatalog.DefaultWidth;

    /// <summary>Epochs of training; 0 evaluates the first weights. Default 100.</summary>
    [JsonPropertyName("epochs")]
    public int Epochs { get; init; } = 100;

    /// <summary>Examples in a batch. Default 128.</summary>
    [JsonPropertyName("batch-size")]
    public int BatchSize { get; init; } = 128;

    /// <summary>Peak learning rate. Default 0.1.</summary>
    [JsonPropertyName("lr-max")]
    public double MaximumLearningRate { get; init; } = 0.1;

    /// <summary>Learning rate over time, one of <see cref="LearningRateSchedule.Names"/>. Default piecewise.</summary>
    [JsonPropertyName("lr-schedule")]
    public string Schedule { get; init; } = "piecewise";

    /// <summary>Growth of the first phase of the piecewise_0Xepochs schedules. Default 1.</summary>
    [JsonPropertyName("warmup-factor")]
    public double WarmupFactor { get; init; } = 1;

    /// <summary>Its exponent. Default 1.</summary>
    [JsonPropertyName("warmup-exp")]
    public double WarmupExponent { get; init; } = 1;

    /// <summary>Momentum of SGD. Default 0.9.</summary>
    [JsonPropertyName("momentum")]
    public double Momentum { get; init; } = 0.9;

    /// <summary>Weight decay over all weights. Default 0.</summary>
    [JsonPropertyName("l2-reg")]
    public double WeightDecay { get; init; }

    /// <summary>Radius ρ of SAM; 0 trains with the base optimizer. Default 0.</summary>
    [JsonPropertyName("sam-rho")]
    public double SamRho { get; init; }

    /// <summary>In which pass of SAM batch norm moves its statistics. Default both, as published.</summary>
    [JsonPropertyName("sam-bn")]
    public StatisticsPass SamStatistics { get; init; } = StatisticsPass.Both;

    /// <summary>Steps from one evaluation to the next; -1 for two epochs. Default -1.</summary>
    [JsonPropertyName("eval-iter-freq")]
    public int EvaluationPeriod { get; init; } = -1;

    /// <summary>Whether evaluations measure feature rank, nearest-neighbour and nearest-centroid error. Default no.</summary>
    [JsonPropertyName("compute-feature-rank")]
    public bool AnalyzesFeatures { get; init; }

    /// <summary>Taps that are analysed; empty for the last three of the model.</summary>
    [JsonPropertyName("taps")]
    public IReadOnlyList<string> Taps { get; init; } = [];

    /// <summary>Data set of the nearest-neighbour error; empty for the one trained on. The published program takes another one (transfer).</summary>
    [JsonPropertyName("knn-dataset")]
    public string NeighbourDataSet { get; init; } = "";

    /// <summary>Examples in a batch of an evaluation. Default 512.</summary>
    [JsonPropertyName("batch-size-eval")]
    public int EvaluationBatchSize { get; init; } = 512;

    /// <summary>Test examples used, the first ones; -1 for all. Default 10,000.</summary>
    [JsonPropertyName("n-final-eval")]
    public int TestCount { get; init; } = 10_000;

    /// <summary>Training examples of the loss and error at evaluations, the first ones. Default 512.</summary>
    [JsonPropertyName("n-eval-every-k-iter")]
    public int FastCount { get; init; } = 512;

    /// <summary>Training examples whose features are analysed, the first ones. Default 10,240.</summary>
    [JsonPropertyName("n-analysis")]
    public int AnalysisCount { get; init; } = 10_240;

    /// <summary>Whether augmentation is off. Default no.</summary>
    [JsonPropertyName("no-data-augm")]
    public bool NoAugmentation { get; init; }

    /// <summary>Share of the training examples used, the first ones. Default 1.</summary>
    [JsonPropertyName("frac-train")]
    public double TrainShare { get; init; } = 1;

    /// <summary>Order of the examples. Default random.</summary>
    [JsonPropertyName("batch-order")]
    public BatchOrder BatchOrder { get; init; }

    /// <summary>Seed of the split, the first weights, the order and the augmentation. Default 0.</summary>
    [JsonPropertyName("seed")]
    public int Seed { get; init; }

    /// <summary>Weights to start from, a safetensors file; empty to draw them.</summary>
    [JsonPropertyName("init")]
    public string InitialWeights { get; init; } = "";

    /// <summary>Which of the weights to start from are pruned and stay 0. Default: those of the mask beside <see cref="InitialWeights"/>, if there is one.</summary>
    [JsonPropertyName("mask")]
    public MaskSource Mask { get; init; }

    /// <summary>Type of the point.</summary>
    [JsonPropertyName("precision")]
    public Precision Precision { get; init; }

    /// <summary>Every problem that can be told without the data; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        if (!ModelCatalog.Names.Contains(Model)) yield return $"There is no model '{Model}'; known: {string.Join(", ", ModelCatalog.Names)}.";
        if (!LearningRateSchedule.Names.Contains(Schedule)) yield return $"There is no schedule '{Schedule}'; known: {string.Join(", ", LearningRateSchedule.Names)}.";
        if (ModelWidth < 1) yield return $"--model-width is {ModelWidth}; it must be 1 or more.";
        if (Epochs < 0) yield return $"--epochs is {Epochs}; it must be 0 or more.";
        if (BatchSize < 1) yield return $"--batch-size is {BatchSize}; it must be 1 or more.";
        if (EvaluationBatchSize < 1) yield return $"--batch-size-eval is {EvaluationBatchSize}; it must be 1 or more.";
        if (EvaluationPeriod is 0 or < -1) yield return $"--eval-iter-freq is {EvaluationPeriod}; it must be 1 or more, or -1 for every two epochs.";
        if (TestCount is 0 or < -1) yield return $"--n-final-eval is {TestCount}; it must be 1 or more, or -1 for all.";
        if (FastCount < 1) yield return $"--n-eval-every-k-iter is {FastCount}; it must be 1 or more.";
        if (AnalysisCount < 2) yield return $"--n-analysis is {AnalysisCount}; it must be 2 or more.";
        if (!(TrainShare > 0 && TrainShare <= 1)) yield return $"--frac-train is {TrainShare}; it must be above 0 and at most 1.";
        if (!(MaximumLearningRate >= 0 && double.IsFinite(MaximumLearningRate))) yield return $"--lr-max is {MaximumLearningRate}; it must be finite and 0 or more.";
        foreach (string problem in new SgdOptions { Momentum = Momentum, WeightDecay = WeightDecay }.Problems()) yield return problem;
        foreach (string problem in new SamOptions { Rho = SamRho }.Problems()) yield return problem;
    }

    /// <summary>Which examples are used for what.</summary>
    internal SplitOptions Split => new()
    {
        TrainShare = TrainShare, TestCount = TestCount == -1 ? null : TestCount, FastCount = FastCount, AnalysisCount = AnalysisCount,
    };

    /// <summary>What the model must fit, for a data set.</summary>
    internal ModelShape ShapeFor(ImageData data) => new(data.Shape.Channels, data.Shape.Height, data.Shape.Width, data.Classes, ModelWidth);

    /// <summary>Every option with its value, by its name on the command line.</summary>
    public IReadOnlyDictionary<string, JsonElement> Resolved() =>
        JsonSerializer.SerializeToElement(this, RunConfiguration.Json).EnumerateObject().ToDictionary(item => item.Name, item => item.Value);
}
