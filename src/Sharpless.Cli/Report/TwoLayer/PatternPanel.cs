using System.Collections;
using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Cli.Report.TwoLayer;

/// <summary>Activation patterns over training, SGD beside SAM: a slider over time, drawn by patterns.js.</summary>
internal static class PatternPanel
{
    private const string DataId = "patterns";

    /// <summary>The panel of an experiment; nothing where plain SGD or everything else is missing.</summary>
    public static Html Of(TwoLayerRun run, TwoLayerExperiment experiment)
    {
        StudentRun[] shown = Shown(run, experiment);
        if (shown.Length == 0) return Html.Empty;
        string name = experiment.Regularizer == Regularizer.Sam ? "SAM" : "penalty";
        return Html.Of($"""
            <div class="card patterns" data-experiment="{experiment.Name}">
            <h3>Which unit is on at which point: SGD beside {name}</h3>
            <p class="source">Seed {run.Options.Seed}, n = 1. Columns are the {TwoLayerExperiment.StudentUnits} units, those on at most points of the first weights to the left; rows are the training points. Below: pre-activations of all points and units, from −2 to 2. {name} acts in the first half.</p>
            <div class="pattern-controls">
            <label>{experiment.Symbol} <select>{Html.Each(shown.Skip(1), student => $"<option>{Format.Plain(student.Value)}</option>")}</select></label>
            <label>update <input type="range" min="0" max="{shown.Min(student => student.Patterns.Count) - 1}" value="0" step="1"> <output></output></label>
            </div>
            <div class="pattern-pair">
            {Side("SGD")}
            {Side(name)}
            </div>
            </div>
            """);
    }

    /// <summary>The script with the patterns of all experiments.</summary>
    public static PageScript ScriptOf(TwoLayerRun run) => new(Assets.PatternScript, DataId, run.Options.Experiments().ToDictionary(experiment => experiment.Name, experiment => new
    {
        Units = TwoLayerExperiment.StudentUnits,
        Students = Shown(run, experiment).Select(student => new
        {
            student.Value,
            // The evaluations go on where a student diverges; patterns do not.
            At = student.Patterns.Zip(student.Evaluations, (pattern, metrics) => new { pattern.Iteration, metrics.TrainLoss, Rank = metrics.FeatureRank, Active = metrics.ActiveUnits }),
            On = student.Patterns.Select(pattern => Convert.ToBase64String(Bytes(pattern.IsOn))),
            Histograms = student.Patterns.Select(pattern => pattern.Histogram),
        }),
    }));

    // Plain SGD first. Students of the first seed start from equal weights.
    private static StudentRun[] Shown(TwoLayerRun run, TwoLayerExperiment experiment)
    {
        StudentRun[] first = [.. run.Students.Where(student => student.Experiment == experiment.Name && student.Patterns.Count > 0).OrderBy(student => student.Value)];
        return first.Length > 1 && first[0].Value == 0 ? first : [];
    }

    private static Html Side(string name) => Html.Of($"""
        <figure><figcaption>{name}: <span></span></figcaption><canvas class="pattern" role="img" aria-label="Units that are on, {name}"></canvas><canvas class="histogram" role="img" aria-label="Histogram of pre-activations, {name}"></canvas></figure>
        """);

    // The first bit is the lowest of the first byte.
    private static byte[] Bytes(BitArray bits)
    {
        var bytes = new byte[(bits.Length + 7) / 8];
        bits.CopyTo(bytes, 0);
        return bytes;
    }
}
