using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sharpless.Experiments.Sparse;

/// <summary>One trained or pruned network of an experiment on sparse networks, and what it came to: a line of <c>cells.jsonl</c>.</summary>
public sealed record SparseCell
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new NumberOrNull() },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary><c>exercise</c>, <c>grid</c> or <c>sensitivity</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>In the exercise: <c>honest</c> or <c>published</c>.</summary>
    public string? Side { get; init; }

    /// <summary>In the exercise: faults that this side has.</summary>
    public IReadOnlyList<string>? Faults { get; init; }

    /// <summary><c>dense</c>, <c>pruned</c> (and not trained after), <c>sgd</c> or <c>sam</c> (pruned, then fine-tuned).</summary>
    public string? Arm { get; init; }

    /// <summary>In the grid: how the dense network was trained, <c>sgd</c> or <c>sam</c>.</summary>
    public string? Dense { get; init; }

    /// <summary>In the grid: whether the fine-tunings that are compared have equal <c>epochs</c> or equal <c>gradients</c> (SGD then gets twice the epochs).</summary>
    public string? Compute { get; init; }

    /// <summary>In the grid: whether batch-norm statistics were measured anew after pruning.</summary>
    public bool? BnReestimated { get; init; }

    /// <summary>In the sensitivity scan: the tensor that was pruned.</summary>
    public string? Tensor { get; init; }

    /// <summary>Seed of split, first weights and order.</summary>
    public required int Seed { get; init; }

    /// <summary>Share that was to be pruned; 0 for the dense network.</summary>
    public required double Amount { get; init; }

    /// <summary>Scope of the pruning.</summary>
    public required string Scope { get; init; }

    /// <summary>Radius ρ of SAM in the training of this arm; 0 where it was SGD.</summary>
    public double Rho { get; init; }

    /// <summary>Epochs of this arm.</summary>
    public int Epochs { get; init; }

    /// <summary>Forward and backward passes of this arm.</summary>
    public long GradientEvaluations { get; init; }

    /// <summary>Steps of this arm that were skipped, because a gradient was not finite.</summary>
    public long SkippedSteps { get; init; }

    /// <summary>Whether the network came to nothing: its loss on the test examples is not finite, or it was trained and no step was taken.</summary>
    public bool Diverged { get; init; }

    /// <summary>Accuracy on the validation examples after each epoch of this arm, 0 to 1.</summary>
    public IReadOnlyList<double> ValidationAccuracy { get; init; } = [];

    /// <summary>Accuracy at the end on the test examples of the published figure (a tenth of all), 0 to 1.</summary>
    [JsonRequired]
    public double TestAccuracy { get; init; }

    /// <summary>Accuracy at the end on all test examples, 0 to 1.</summary>
    [JsonRequired]
    public double TestAccuracyAll { get; init; }

    /// <summary>Prunable weights that are exactly 0 at the end.</summary>
    public long Zeros { get; init; }

    /// <summary>Prunable weights.</summary>
    public long Parameters { get; init; }

    /// <summary>Zeros / Parameters.</summary>
    public double Sparsity { get; init; }

    /// <summary>Wall-clock time of this arm.</summary>
    public double Seconds { get; init; }

    /// <summary>Hash of the line and of the run that it belongs to, by which a start that goes on knows that it may believe it. Null before the cell is written.</summary>
    public string? Check { get; init; }

    /// <summary>What the cell is, without what it came to: equal for two cells that must have equal results.</summary>
    [JsonIgnore]
    internal string Key => FormattableString.Invariant($"{Kind}|{Side}|{Arm}|{Dense}|{Compute}|{Tensor}|{Seed}|{Amount:R}|{Rho:R}");
}
