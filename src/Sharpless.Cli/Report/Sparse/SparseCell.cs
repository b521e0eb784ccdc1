using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>One line of <c>cells.jsonl</c>: what one arm, one place of the grid or one pruned layer reached with one seed.</summary>
/// <remarks>Accuracies and sparsity run from 0 to 1; null where they were not measured, NaN where training diverged. Members that are unknown here are passed over.</remarks>
internal sealed record SparseCell
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary><c>exercise</c>, <c>grid</c> or <c>sensitivity</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>honest</c>, or <c>published</c> with <see cref="Faults"/>.</summary>
    public string Side { get; init; } = "honest";

    /// <summary>Faults of the published version that were switched on.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary><c>dense</c>, <c>pruned</c>, <c>sgd</c> or <c>sam</c>.</summary>
    public string Arm { get; init; } = "";

    /// <summary>The one tensor that was pruned, in a sensitivity scan.</summary>
    public string Tensor { get; init; } = "";

    /// <summary>Seed of data split, weights and order.</summary>
    public required long Seed { get; init; }

    /// <summary>Fraction of the weights that was asked for, or null where the scope decides it.</summary>
    public double? Amount { get; init; }

    /// <summary>Which weights compete: <c>layer</c>, <c>global</c>, ...</summary>
    public string Scope { get; init; } = "";

    /// <summary>Radius of SAM in the fine-tuning.</summary>
    public double? Rho { get; init; }

    /// <summary>How the dense phase was trained: <c>sgd</c> or <c>sam</c>.</summary>
    public string Dense { get; init; } = "sgd";

    /// <summary>What the arms have in common: <c>epochs</c> or <c>gradients</c>.</summary>
    public string Compute { get; init; } = "epochs";

    /// <summary>Whether batch-norm statistics were estimated again after pruning.</summary>
    public bool BnReestimated { get; init; }

    /// <summary>Gradients that the training took.</summary>
    public double? GradientEvaluations { get; init; }

    /// <summary>On the validation examples, after each epoch.</summary>
    public IReadOnlyList<double?> ValidationAccuracy { get; init; } = [];

    /// <summary>On the share of the test images that the published exercise uses.</summary>
    public double? TestAccuracy { get; init; }

    /// <summary>On all test images.</summary>
    public double? TestAccuracyAll { get; init; }

    /// <summary>Share of zeros among the prunable weights of the network as it is at the end.</summary>
    public double? Sparsity { get; init; }

    /// <summary>The fraction that the cell stands for: the asked one, else the measured one.</summary>
    [JsonIgnore]
    public double? Fraction => Amount ?? Sparsity;

    /// <summary>What a cell is, all but its measurements: two lines that agree in it are the same cell.</summary>
    [JsonIgnore]
    public object Identity => (Kind, Side, string.Join(',', Faults), Arm, Tensor, Seed, Fraction, (Scope, Rho, Dense, Compute, BnReestimated));

    /// <summary>Reads one line.</summary>
    /// <exception cref="JsonException">The line is no cell.</exception>
    public static SparseCell Parse(string line) => JsonSerializer.Deserialize<SparseCell>(line, Json) ?? throw new JsonException("The line is null.");
}
