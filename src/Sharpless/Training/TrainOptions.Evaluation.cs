using System.Text.Json.Serialization;
using Sharpless.Analysis;
using Sharpless.Data;

namespace Sharpless.Training;

// What is measured during the run, and on which examples.
public sealed partial record TrainOptions
{
    /// <summary>Steps from one evaluation to the next; -1 for two epochs. Default -1.</summary>
    [JsonPropertyName("eval-iter-freq")]
    public int EvaluationPeriod { get; init; } = -1;

    /// <summary>Whether evaluations measure feature rank, nearest-neighbour and nearest-centroid error. Default no.</summary>
    [JsonPropertyName("compute-feature-rank")]
    public bool AnalyzesFeatures { get; init; }

    /// <summary>Whether feature rank is measured without the whole spectrum where it is low: the same ranks, sooner; spectra then hold the leading values alone. Default no.</summary>
    [JsonPropertyName("rank-only")]
    public bool MeasuresRankOnly { get; init; }

    /// <summary>Taps that are analysed; empty for the last three of the model.</summary>
    [JsonPropertyName("taps")]
    public IReadOnlyList<string> Taps { get; init; } = [];

    /// <summary>
    /// Data set of the nearest-neighbour error; <see cref="TransferSet.Same"/> for the one trained on. Default that of <see cref="TransferSet.Of"/>: the one
    /// that the published program takes. An empty text, which earlier versions wrote, is the one trained on.
    /// </summary>
    [JsonPropertyName("knn-dataset")]
    public string NeighbourDataSet
    {
        get => _neighbourDataSet ?? TransferSet.Of(DataSet);
        init => _neighbourDataSet = value is "" ? TransferSet.Same : value;
    }

    private readonly string? _neighbourDataSet;

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

    /// <summary>Whether evaluations measure the density of activations and the number of highly correlated units, at every tap of the model (or at <see cref="Taps"/>). Default no.</summary>
    [JsonPropertyName("compute-sparsity-metrics")]
    public bool MeasuresDensity { get; init; }

    /// <summary>Units whose correlation is above this, in absolute value, count as one; 1 or more switches that off. Default 0.95.</summary>
    [JsonPropertyName("sparsity-corr-threshold")]
    public double CorrelationThreshold { get; init; } = 0.95;

    /// <summary>Whether evaluations measure the increase of the loss after one step of length 0.01, and of length ρ (0.1 without SAM), along the gradient. Default no.</summary>
    [JsonPropertyName("compute-sharpness")]
    public bool MeasuresSharpness { get; init; }

    /// <summary>Whether evaluations count, at the taps of <see cref="AnalyzesFeatures"/>, the units that are active on more than 0, 1, 5 and 10 % of the examples. Default no.</summary>
    [JsonPropertyName("active-units")]
    public bool CountsActiveUnits { get; init; }

    internal ActivationDensityOptions Density => new() { CorrelationThreshold = CorrelationThreshold, Seed = Seed };

    private IEnumerable<string> EvaluationProblems()
    {
        if (!(CorrelationThreshold >= 0)) yield return $"--sparsity-corr-threshold is {CorrelationThreshold}; it must be 0 or more.";
        if (CountsActiveUnits && !AnalyzesFeatures) yield return "--active-units counts them in the features of --compute-feature-rank; give that too.";
        if (EvaluationBatchSize < 1) yield return $"--batch-size-eval is {EvaluationBatchSize}; it must be 1 or more.";
        if (EvaluationPeriod is 0 or < -1) yield return $"--eval-iter-freq is {EvaluationPeriod}; it must be 1 or more, or -1 for every two epochs.";
        if (TestCount is 0 or < -1) yield return $"--n-final-eval is {TestCount}; it must be 1 or more, or -1 for all.";
        if (FastCount < 1) yield return $"--n-eval-every-k-iter is {FastCount}; it must be 1 or more.";
        if (AnalysisCount < 2) yield return $"--n-analysis is {AnalysisCount}; it must be 2 or more.";
    }
}
