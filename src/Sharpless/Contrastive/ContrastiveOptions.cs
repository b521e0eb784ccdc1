using System.Text.Json;
using System.Text.Json.Serialization;
using Sharpless.Analysis;
using Sharpless.Data;
using Sharpless.Data.Captions;
using Sharpless.Optimization;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Contrastive;

/// <summary>
/// Everything that decides the outcome of an image-text training. Names in JSON are those of the command line; defaults are those of the published program
/// (arXiv:2305.16292), but for its mistakes, which have names of their own: <see cref="PublishedQuirk"/>.
/// </summary>
public sealed partial record ContrastiveOptions
{
    /// <summary>Captioned pictures: a folder in the layout of COCO, or the name of one in the data folder. Default coco-captions.</summary>
    [JsonPropertyName("data")]
    public string Data { get; init; } = "coco-captions";

    /// <summary>Split that is trained on. Default train.</summary>
    [JsonPropertyName("train-split")]
    public string TrainSplit { get; init; } = "train";

    /// <summary>Split that is evaluated. Default test.</summary>
    [JsonPropertyName("test-split")]
    public string TestSplit { get; init; } = "test";

    /// <summary>Which caption of a picture a step trains on; evaluations take the first. Default random.</summary>
    [JsonPropertyName("caption")]
    public CaptionChoice Caption { get; init; }

    /// <summary>Order of the pictures. Default random.</summary>
    [JsonPropertyName("batch-order")]
    public BatchOrder BatchOrder { get; init; }

    /// <summary>Pairs in a batch. Default 32.</summary>
    [JsonPropertyName("bs")]
    public int BatchSize { get; init; } = 32;

    /// <summary>Epochs of training; 0 evaluates the first weights. Default 10.</summary>
    [JsonPropertyName("epochs")]
    public int Epochs { get; init; } = 10;

    /// <summary>Learning rate of the first step, from which it falls to 0 along half a cosine. Default 1e-4.</summary>
    [JsonPropertyName("lr")]
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Radius of SAM over all weights of both encoders and heads; 0 trains without. Default 0.</summary>
    [JsonPropertyName("rho")]
    public double Rho { get; init; }

    /// <summary>Weight of the penalty on the norm of the gradient, which excludes SAM; 0 for none. Default 0.</summary>
    [JsonPropertyName("gradient-norm-rho")]
    public double GradientPenalty { get; init; }

    /// <summary>Whether that penalty takes the norm squared. Default yes.</summary>
    [JsonPropertyName("gradient-norm-squared")]
    public bool SquaresGradientNorm { get; init; } = true;

    /// <summary>What similarities are divided by before the softmax. Default 0.05.</summary>
    [JsonPropertyName("temperature")]
    public double Temperature { get; init; } = 0.05;

    /// <summary>Steps from one evaluation to the next, after the first step. Default 100.</summary>
    [JsonPropertyName("eval-every")]
    public int EvaluationPeriod { get; init; } = 100;

    /// <summary>Batches of an evaluation, the first ones of a split. Default 10.</summary>
    [JsonPropertyName("n-eval-batches")]
    public int EvaluationBatches { get; init; } = 10;

    /// <summary>What is subtracted before ranks are taken. Default from each embedding its mean, as published.</summary>
    [JsonPropertyName("center")]
    public Centering Centering { get; init; } = Centering.Example;

    /// <summary>Which mistakes of the published training to repeat. Default none.</summary>
    [JsonPropertyName("as-published")]
    public IReadOnlyList<PublishedQuirk> AsPublished { get; init; } = [];

    /// <summary>Seed of the first weights, the order and the choice of captions. Default 0.</summary>
    [JsonPropertyName("seed")]
    public int Seed { get; init; }

    /// <summary>Weights of both encoders and heads to start from: the folder of a run, or a safetensors file; empty for those of the models.</summary>
    [JsonPropertyName("init")]
    public string InitialWeights { get; init; } = "";

    /// <summary>Type of the point.</summary>
    [JsonPropertyName("precision")]
    public Precision Precision { get; init; }

    /// <summary>Every problem that can be told without the data; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        if (BatchSize < 2) yield return $"--bs is {BatchSize}; a contrast needs 2 pairs or more.";
        if (Epochs < 0) yield return $"--epochs is {Epochs}; it must be 0 or more.";
        if (!(LearningRate >= 0 && double.IsFinite(LearningRate))) yield return $"--lr is {LearningRate}; it must be finite and 0 or more.";
        if (!(Rho >= 0 && double.IsFinite(Rho))) yield return $"--rho is {Rho}; it must be finite and 0 or more.";
        if (!(GradientPenalty >= 0 && double.IsFinite(GradientPenalty))) yield return $"--gradient-norm-rho is {GradientPenalty}; it must be finite and 0 or more.";
        if (Rho > 0 && GradientPenalty > 0) yield return "--rho and --gradient-norm-rho exclude each other.";
        if (!(Temperature > 0 && double.IsFinite(Temperature))) yield return $"--temperature is {Temperature}; it must be finite and above 0.";
        if (EvaluationPeriod < 1) yield return $"--eval-every is {EvaluationPeriod}; it must be 1 or more.";
        if (EvaluationBatches < 1) yield return $"--n-eval-batches is {EvaluationBatches}; it must be 1 or more.";
        foreach (string problem in ModelProblems()) yield return problem;
    }

    /// <summary>Every option with its value, by its name on the command line.</summary>
    public IReadOnlyDictionary<string, JsonElement> Resolved() =>
        JsonSerializer.SerializeToElement(this, RunConfiguration.Json).EnumerateObject().ToDictionary(item => item.Name, item => item.Value);

    /// <summary>The same options with every path in them absolute, so that they mean the same from any folder.</summary>
    public ContrastiveOptions WithFullPaths() => this with
    {
        Data = PublishedFiles.WithFullPath(Data),
        ImageModel = ImageModel == Random ? Random : PublishedFiles.WithFullPath(ImageModel),
        TextModel = TextModel == Random ? Random : PublishedFiles.WithFullPath(TextModel),
        VocabularyFile = PublishedFiles.WithFullPath(VocabularyFile),
        InitialWeights = PublishedFiles.WithFullPath(InitialWeights),
    };

    internal bool Repeats(PublishedQuirk quirk) => AsPublished.Contains(quirk);

    /// <summary>The published learning rate never moves where the state of Adam, and with it the count of steps, is lost.</summary>
    internal LearningRateSchedule Schedule => new() { Name = Repeats(PublishedQuirk.StatelessAdam) ? "constant" : "cosine", Maximum = LearningRate, Epochs = Math.Max(1, Epochs) };

    internal Optimizer CreateOptimizer(ContrastiveModel model, WeightSpace weights)
    {
        BaseOptimizer descent = Repeats(PublishedQuirk.StatelessAdam) ? new StatelessAdam(weights) : new Adam(weights, new AdamOptions());
        return Rho > 0 ? new Sam(model, weights, descent, new SamOptions { Rho = Rho }) : new PlainDescent(model, weights, descent);
    }
}
