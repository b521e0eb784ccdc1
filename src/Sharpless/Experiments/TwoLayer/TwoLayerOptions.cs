using System.Text.Json;
using System.Text.Json.Serialization;
using Sharpless.Training;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>Which students are trained, and how. Names in JSON are those of the command line.</summary>
public sealed record TwoLayerOptions
{
    /// <summary>Updates of the published training: int(10^4.3) + 1.</summary>
    public const int PublishedIterations = 19_953;

    /// <summary>Seed of the published figures: of data, teacher and students.</summary>
    public const int PublishedSeed = 4;

    /// <summary>Experiments by name; see <see cref="TwoLayerExperiment.Named"/>. Default all.</summary>
    [JsonPropertyName("figures")]
    public IReadOnlyList<string> Figures { get; init; } = [.. TwoLayerExperiment.All.Select(experiment => experiment.Name)];

    /// <summary>Number of seeds. Default 20.</summary>
    [JsonPropertyName("seeds")]
    public int Seeds { get; init; } = 20;

    /// <summary>First seed. A seed decides data, teacher, first weights and the order of the points. Default 0.</summary>
    [JsonPropertyName("seed")]
    public int Seed { get; init; }

    /// <summary>Whether the published faults are kept: the last evaluation is not at the end, units are counted in two ways, and those of the unused options. Default no.</summary>
    [JsonPropertyName("as-published")]
    public bool AsPublished { get; init; }

    /// <summary>Radii ρ of SAM; null for those of each figure. Default null.</summary>
    [JsonPropertyName("sam-rho")]
    public IReadOnlyList<double>? Rho { get; init; }

    /// <summary>Strengths λ of the gradient-norm penalty; null for the published ones. Default null.</summary>
    [JsonPropertyName("gradient-penalty")]
    public IReadOnlyList<double>? GradientPenalty { get; init; }

    /// <summary>Updates. SAM, penalties and label noise act in the first half. Default 19,953, as published.</summary>
    [JsonPropertyName("iterations")]
    public int Iterations { get; init; } = PublishedIterations;

    /// <summary>Strength of a penalty on the mean of φ(h)² over training points and units. Default 0.</summary>
    [JsonPropertyName("activation-penalty")]
    public double ActivationPenalty { get; init; }

    /// <summary>Standard deviation of the noise on the label of each step. Default 0.</summary>
    [JsonPropertyName("label-noise")]
    public double LabelNoise { get; init; }

    /// <summary>Updates over which the learning rate rises. Default 0.</summary>
    [JsonPropertyName("warmup-iterations")]
    public int WarmupIterations { get; init; }

    /// <summary>What the learning rate is multiplied by at the end of the warm-up and afterwards. Default 1.</summary>
    [JsonPropertyName("warmup-factor")]
    public double WarmupFactor { get; init; } = 1;

    /// <summary>Further starts for each published row, whose weights differ by 1e-7: their spread tells what rounding decides. Default 20.</summary>
    [JsonPropertyName("perturbed-starts")]
    public int PerturbedStarts { get; init; } = 20;

    /// <summary>The experiments that <see cref="Figures"/> names, with the values to train.</summary>
    /// <exception cref="UsageException">A name is not known.</exception>
    public IReadOnlyList<TwoLayerExperiment> Experiments() =>
        [.. Figures.Select(TwoLayerExperiment.Named).Distinct().Select(experiment => experiment with { Values = (experiment.Regularizer == Regularizer.Sam ? Rho : GradientPenalty) ?? experiment.Values })];

    /// <summary>Every problem with the options; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        if (Figures.Count == 0) yield return "No figure is named.";
        if (Seeds < 1) yield return $"--seeds is {Seeds}; it must be 1 or more.";
        if (Seed < 0) yield return $"--seed is {Seed}; it must be 0 or more.";
        if (Seed > int.MaxValue - Math.Max(Seeds, 0)) yield return $"--seed {Seed} and --seeds {Seeds} pass the largest seed, {int.MaxValue}.";
        if (Iterations < 2) yield return $"--iterations is {Iterations}; it must be 2 or more.";
        foreach ((string name, IReadOnlyList<double>? values) in new[] { ("--sam-rho", Rho), ("--gradient-penalty", GradientPenalty) })
        {
            if (values is null) continue;
            if (values.Count == 0) yield return $"{name} names no value.";
            if (values.Any(value => !(value >= 0 && double.IsFinite(value)))) yield return $"{name} is {string.Join(',', values)}; each must be finite and 0 or more.";
            if (values.Distinct().Count() < values.Count) yield return $"{name} names a value twice.";
        }

        foreach ((string name, double value) in new[] { ("--activation-penalty", ActivationPenalty), ("--label-noise", LabelNoise) })
        {
            if (!(value >= 0 && double.IsFinite(value))) yield return $"{name} is {value}; it must be finite and 0 or more.";
        }

        if (!(WarmupFactor > 0 && double.IsFinite(WarmupFactor))) yield return $"--warmup-factor is {WarmupFactor}; it must be finite and above 0.";
        if (WarmupIterations < 0 || WarmupIterations > Iterations) yield return $"--warmup-iterations is {WarmupIterations}; it must be from 0 to --iterations, {Iterations}.";
        if (WarmupIterations > 0 != (WarmupFactor != 1)) yield return $"--warmup-iterations {WarmupIterations} and --warmup-factor {WarmupFactor} go together; give both.";
        if (PerturbedStarts < 0) yield return $"--perturbed-starts is {PerturbedStarts}; it must be 0 or more.";
    }

    /// <summary>Every option with its value, by its name on the command line.</summary>
    public IReadOnlyDictionary<string, JsonElement> Resolved() =>
        JsonSerializer.SerializeToElement(this, RunConfiguration.Json).EnumerateObject().ToDictionary(item => item.Name, item => item.Value);

    /// <summary>Whether the training is the published one, seeds and values aside.</summary>
    internal bool IsPublishedTraining => Iterations == PublishedIterations && ActivationPenalty == 0 && LabelNoise == 0 && WarmupIterations == 0;

    /// <summary>How a student of an experiment is trained at a value.</summary>
    internal StudentTraining Training(TwoLayerExperiment experiment, double value, int seed) => new()
    {
        LearningRate = experiment.LearningRate,
        Iterations = Iterations,
        Rho = experiment.Regularizer == Regularizer.Sam ? value : 0,
        GradientPenalty = experiment.Regularizer == Regularizer.GradientNorm ? value : 0,
        ActivationPenalty = ActivationPenalty,
        LabelNoise = LabelNoise,
        WarmupIterations = WarmupIterations,
        WarmupFactor = WarmupFactor,
        Seed = seed,
        AsPublished = AsPublished,
    };

    /// <summary>Updates before which students are measured: 70 evenly spaced ones from 0 on as published; the end besides, unless as published.</summary>
    internal IReadOnlyList<int> EvaluationIterations()
    {
        IEnumerable<int> published = Enumerable.Range(0, 70).Select(k => (int)Math.Round(k * (double)Iterations / 70, MidpointRounding.ToEven)).Distinct();
        return AsPublished ? [.. published] : [.. published.Append(Iterations).Distinct()];
    }
}
