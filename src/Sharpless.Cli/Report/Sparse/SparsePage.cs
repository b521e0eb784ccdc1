using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>The page of a sparse run: a section for each part that the run has.</summary>
internal static class SparsePage
{
    private static readonly string[] KnownKinds = ["exercise", "grid", "sensitivity"];

    /// <summary>The HTML document.</summary>
    /// <param name="run">What to show.</param>
    /// <param name="folder">Where the report will lie; links are relative to it.</param>
    public static string Render(RecordedSparseRun run, string folder)
    {
        var source = new SparseSource(run, folder);
        IReadOnlyList<SparseCell> grid = run.Of("grid"), sensitivity = run.Of("sensitivity");
        PageSection[] sections =
        [
            .. Exercise.Of(run.Of("exercise")).Where(exercise => exercise.Cells.Count > 0).Select((exercise, number) => ExerciseSection.Of(exercise, $"exercise{number + 1}", source)),
            .. grid.Any(cell => cell.Arm != "dense") ? [GridSection.Of(grid, "grid", source)] : Array.Empty<PageSection>(),
            .. sensitivity.Count > 0 ? [SensitivitySection.Of(sensitivity, "sensitivity", source)] : Array.Empty<PageSection>(),
            .. run.Theory is { } theory ? [TheorySection.Of(theory, "theory", source)] : Array.Empty<PageSection>(),
        ];
        return PageFrame.Render(
            "Sparse networks", Lead(run), [.. sections.Select(section => section.Html), Provenances(run, folder), Glossary()], sections.SelectMany(section => section.Groups).Where(group => group.Plots.Count > 0));
    }

    private static string Lead(RecordedSparseRun run)
    {
        IReadOnlyDictionary<string, string> options = run.Configuration.Options;
        string[] parts =
        [
            options.GetValueOrDefault("dataset") ?? run.Configuration.Data.GetValueOrDefault("name", ""),
            options.TryGetValue("width", out string? width) ? $"classifier of width {width}" : "",
            options.TryGetValue("scope", out string? scope) ? $"scope {scope}" : "",
            run.Cells.Count == 0 ? "" : $"{Format.Grouped(run.Cells.Count)} {(run.Cells.Count == 1 ? "cell" : "cells")}, {SparseSource.Seeds(run.Cells)}",
        ];
        return string.Join(" · ", parts.Where(part => part.Length > 0));
    }

    private static Html Provenances(RecordedSparseRun run, string folder) => Html.Of($"""
        <section class="group">
        <h2>Run and raw data</h2>
        <div class="card">
        {Html.Each(Remarks(run), remark => $"<p>{remark}</p>")}
        {Provenance.Facts([run.Configuration])}
        <p>Raw data: {Html.Lines(Files(run).Select(file => Provenance.Link(Path.Combine(run.Folder, file), folder, file)))}</p>
        {Provenance.CommandLines([run.Configuration])}
        </div>
        </section>
        """);

    private static IEnumerable<string> Remarks(RecordedSparseRun run)
    {
        if (run.IsTorn) yield return $"The last line of {SparseCells.FileName} is torn, as when a run is killed while it writes; it is left out here, and --resume runs that cell again.";
        string[] unknown = [.. run.Cells.Select(cell => cell.Kind).Except(KnownKinds)];
        if (unknown.Length > 0) yield return $"Cells of another kind are not shown: {string.Join(", ", unknown)}.";
        int lost = run.Cells.Count(cell => !double.IsFinite(cell.TestAccuracy + cell.TestAccuracyAll));
        if (lost > 0) yield return $"Not finite: the accuracy of {lost} of {run.Cells.Count} cells. Means over them say so instead of leaving them out.";
    }

    private static IEnumerable<string> Files(RecordedSparseRun run) =>
        new[] { "config.json", SparseCells.FileName, TheoryCheck.FileName }.Where(file => File.Exists(Path.Combine(run.Folder, file)));

    private static Html Glossary() => Html.Of($"""
        <details class="card glossary"><summary>What the words mean</summary>
        <dl>
        <dt>Dense, pruned</dt><dd>The network after its first training; the same with a share of its weights, smallest magnitude first, set to zero and nothing trained after.</dd>
        <dt>SGD, SAM</dt><dd>The pruned network, fine-tuned by stochastic gradient descent or by sharpness-aware minimization around it.</dd>
        <dt>ρ</dt><dd>Radius of SAM: how far the weights are moved uphill before the gradient is taken.</dd>
        <dt>Honest, published</dt><dd>Without and with the faults of the published exercise: stale-optimizer (the SGD arm's optimizer belongs to another network, so its weights never move), drifting-restore (SAM does not return exactly to w), no-mask (pruned weights grow back), prune-norms (batch-norm scales are pruned too).</dd>
        <dt>Equal epochs, equal compute</dt><dd>SAM takes two gradients a step. At equal compute SGD gets twice the epochs.</dd>
        <dt>±</dt><dd>Sample standard deviation over n seeds.</dd>
        <dt>95 % t-interval</dt><dd>Of differences paired by seed: mean ± t(n − 1) s/√n. With few seeds it is wide, and it assumes differences that are about normal.</dd>
        <dt>ε*</dt><dd>The perturbation of length ρ that raises the loss most, to first order: ρ g/|g| with the gradient g.</dd>
        </dl></details>
        """);
}
