using Sharpless.Experiments.TwoLayer;
using Sharpless.Training;

namespace Sharpless.Cli.Report.TwoLayer;

/// <summary>The page of a two-layer run: a section for each experiment, the published results beside ours, the glossary.</summary>
internal static class TwoLayerPage
{
    private static readonly string[] RawData = [TwoLayerFolder.Curves, TwoLayerFolder.Mechanism];

    private static readonly string[] Place = ["commit", "device", "libtorch"];

    /// <summary>The HTML document.</summary>
    /// <param name="run">What to show.</param>
    /// <param name="configuration">Where and by what it was made.</param>
    /// <param name="folder">Where the report will lie; links are relative to it.</param>
    public static string Render(TwoLayerRun run, RecordedConfiguration configuration, string folder)
    {
        Html source = Source(run, configuration, folder);
        PageSection[] sections =
        [
            .. run.Options.Experiments().Select(experiment => ExperimentSection.Of(run, experiment, source)),
            .. run.Mechanism.Count > 0 ? [MechanismSection.Of(run, source)] : Array.Empty<PageSection>(),
        ];
        return PageFrame.Render(
            "Two-layer networks", Lead(run),
            [.. sections.Select(section => section.Html), PublishedSection.Of(run, source), Provenances(configuration), Glossary()],
            sections.SelectMany(section => section.Groups), PatternPanel.ScriptOf(run));
    }

    private static string Lead(TwoLayerRun run) =>
        $"100 units learn a teacher of 3 units from 20 points · {Seeds(run.Options)} · {Format.Grouped(run.Options.Iterations)} updates, regularized in the first half";

    private static string Seeds(TwoLayerOptions options) =>
        options.Seeds == 1 ? $"n = 1 seed ({options.Seed})" : $"n = {options.Seeds} seeds ({options.Seed} to {options.Seed + options.Seeds - 1})";

    private static Html Source(TwoLayerRun run, RecordedConfiguration configuration, string folder)
    {
        string[] place = [.. Place.Select(name => $"{name} {configuration.Environment.GetValueOrDefault(name, "unknown")}")];
        string spread = run.Options.Seeds > 1 ? "; bands and ± are 95 % t-intervals of the mean over seeds" : "";
        return Html.Of($"""
            <p class="source">{Seeds(run.Options)}{spread}. Sharpless {configuration.Version} · {string.Join(" · ", place)} · raw data: {Html.Each(RawData.Where(file => File.Exists(Path.Combine(folder, file))), file => $"{Provenance.Link(Path.Combine(folder, file), folder, file)} ")}</p>
            """);
    }

    private static Html Provenances(RecordedConfiguration configuration) => Html.Of($"""
        <section class="group">
        <h2>Run</h2>
        <div class="card">
        {Provenance.Facts([configuration])}
        {Provenance.CommandLines([configuration])}
        </div>
        </section>
        """);

    private static Html Glossary() => Html.Of($"""
        <details class="card glossary"><summary>What the words mean</summary>
        <dl>
        <dt>ρ, λ</dt><dd>Radius of SAM's perturbation; strength of the penalty on the norm of the gradient. 0 is plain SGD. Both act in the first half of the updates.</dd>
        <dt>Feature rank</dt><dd>Principal components that explain 99.99 % of the features φ(Wx + b), not centered, of the 20 training points (at most 20) or of the 1,000 test points (at most 100).</dd>
        <dt>Active units</dt><dd>Units that are on at one training point at least: pre-activation above 0 for ReLU, |φ| of 0.05 or more otherwise.</dd>
        <dt>Distinct units</dt><dd>Active units without those whose activations correlate with another's by more than 0.999 in absolute value.</dd>
        <dt>Published</dt><dd>Stored results of the notebook published with arXiv:2305.16292; here repeated from the same random numbers.</dd>
        <dt>Perturbed</dt><dd>Repeated from start weights that differ by a relative 1e-7, which is about the rounding of float32: where these differ, rounding decides the row.</dd>
        </dl></details>
        """);
}
