using System.Text.Json;
using System.Text.Json.Serialization;
using Sharpless.Optimization;
using Sharpless.Pruning;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Experiments.Sparse;

/// <summary>What all experiments on sparse networks share and what decides their outcome: data, network and training. Names in JSON are those of the command line; defaults are those of the exercise.</summary>
public abstract record SparseOptions
{
    /// <summary>Data set by name, or <c>npz:FILE</c>. Default mnist.</summary>
    [JsonPropertyName("dataset")]
    public string DataSet { get; init; } = "mnist";

    /// <summary>Share of the data set that is used, for training, validation and test alike. Default 0.1.</summary>
    [JsonPropertyName("data-fraction")]
    public double DataFraction { get; init; } = 0.1;

    /// <summary>Channels of the first convolution of the classifier; the second has twice as many. Default 64.</summary>
    [JsonPropertyName("width")]
    public int Width { get; init; } = 64;

    /// <summary>Epochs of the dense training. Default 10.</summary>
    [JsonPropertyName("epochs")]
    public int Epochs { get; init; } = 10;

    /// <summary>Examples in a batch. Default 64.</summary>
    [JsonPropertyName("batch-size")]
    public int BatchSize { get; init; } = 64;

    /// <summary>Learning rate of SGD in all phases. Default 0.05.</summary>
    [JsonPropertyName("lr")]
    public double LearningRate { get; init; } = 0.05;

    /// <summary>Momentum of SGD. Default 0.</summary>
    [JsonPropertyName("momentum")]
    public double Momentum { get; init; }

    /// <summary>Weight decay over all live weights. Default 0.</summary>
    [JsonPropertyName("weight-decay")]
    public double WeightDecay { get; init; }

    /// <summary>What competes with what in pruning: layer, global, channel or N:M. Default layer.</summary>
    [JsonPropertyName("scope")]
    public string Scope { get; init; } = "layer";

    /// <summary>Number of seeds. Default 5.</summary>
    [JsonPropertyName("seeds")]
    public int Seeds { get; init; } = 5;

    /// <summary>First seed. A seed decides the split, the first weights and the order of the examples. Default 0.</summary>
    [JsonPropertyName("seed")]
    public int Seed { get; init; }

    /// <summary>Type of the point.</summary>
    [JsonPropertyName("precision")]
    public Precision Precision { get; init; }

    /// <summary>The command whose options these are.</summary>
    [JsonIgnore]
    public abstract string Command { get; }

    /// <summary>Every problem that can be told without the data; empty if there is none.</summary>
    public virtual IEnumerable<string> Problems()
    {
        if (!(DataFraction > 0 && DataFraction <= 1)) yield return $"--data-fraction is {DataFraction}; it must be above 0 and at most 1.";
        if (Width < 1) yield return $"--width is {Width}; it must be 1 or more.";
        if (Epochs < 0) yield return $"--epochs is {Epochs}; it must be 0 or more.";
        if (BatchSize < 2) yield return $"--batch-size is {BatchSize}; it must be 2 or more, for batch norm.";
        if (!(LearningRate >= 0 && double.IsFinite(LearningRate))) yield return $"--lr is {LearningRate}; it must be finite and 0 or more.";
        if (Seeds < 1) yield return $"--seeds is {Seeds}; it must be 1 or more.";
        foreach (string problem in new SgdOptions { Momentum = Momentum, WeightDecay = WeightDecay }.Problems()) yield return problem;
    }

    /// <summary>Every option with its value, by its name on the command line.</summary>
    public IReadOnlyDictionary<string, JsonElement> Resolved() =>
        JsonSerializer.SerializeToElement<object>(this, RunConfiguration.Json).EnumerateObject().ToDictionary(item => item.Name, item => item.Value);

    /// <summary>How one network is pruned.</summary>
    internal PruneOptions Pruning(double? amount, bool includeNorms = false) => new() { Scope = PruneScope.Parse(Scope), Amount = amount, IncludeNorms = includeNorms };

    /// <summary>What is wrong with a list of shares to prune, and with the scope they go with.</summary>
    private protected IEnumerable<string> FractionProblems(IReadOnlyList<double> fractions)
    {
        if (fractions.Count == 0) yield return "--fractions names no share to prune.";
        if (fractions.Distinct().Count() < fractions.Count) yield return "--fractions names a share twice.";
        if (ScopeProblem() is string scope) yield return scope;
        else if (PruneScope.Parse(Scope).Kind == PruneScopeKind.NM) yield return $"--scope {Scope} says itself how much is pruned, so there are no --fractions to compare.";
        else
        {
            foreach (string problem in fractions.SelectMany(fraction => Pruning(fraction).Problems()).Distinct()) yield return problem;
        }
    }

    private protected string? ScopeProblem()
    {
        try
        {
            PruneScope.Parse(Scope);
            return null;
        }
        catch (ArgumentException error)
        {
            return $"--scope: {error.Message.Split(" (Parameter")[0]}";
        }
    }
}
