using Sharpless.Analysis;
using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Cli.Report.TwoLayer;

/// <summary>One experiment on the page: what the paper claims of it, and its quantities over training.</summary>
internal static class ExperimentSection
{
    private static readonly (string Id, string Title, Func<StudentMetrics, double> Of, Unit Unit)[] Quantities =
    [
        ("train", "Train loss, log₁₀", metrics => Math.Log10(metrics.TrainLoss), Unit.Number),
        ("test", "Test loss, log₁₀", metrics => Math.Log10(metrics.TestLoss), Unit.Number),
        ("rank", "Feature rank, training points", metrics => metrics.FeatureRank, Unit.Count),
        ("testrank", "Feature rank, test points", metrics => metrics.TestFeatureRank, Unit.Count),
        ("active", "Active units", metrics => metrics.ActiveUnits, Unit.Count),
        ("distinct", "Distinct units", metrics => metrics.DistinctUnits, Unit.Count),
        ("norm", "Norm of the weights, log₁₀", metrics => Math.Log10(metrics.L2), Unit.Number),
    ];

    /// <summary>The section.</summary>
    /// <param name="run">The students.</param>
    /// <param name="experiment">Which of them.</param>
    /// <param name="source">Says where the numbers come from.</param>
    public static PageSection Of(TwoLayerRun run, TwoLayerExperiment experiment, Html source)
    {
        var group = new PlotGroup(
            experiment.Name, [.. experiment.Values.Select(value => $"{experiment.Symbol} = {Format.Plain(value)}")],
            [.. Quantities.Select(quantity => Plot(run, experiment, quantity.Id, quantity.Title, quantity.Of, quantity.Unit))]);
        IReadOnlyList<Claim> all = Claim.Of(run), claims = [.. all.Where(claim => claim.Experiment == experiment.Name)];
        IEnumerable<string> findings = claims.Select(ClaimSentence.Of).Concat(claims.Count > 0 && run.Options.Seeds > 1 ? [ClaimSentence.Method(all)] : []);
        return new PageSection(
            PageSection.Frame(experiment.Title, findings, claims.Count > 0 ? Intervals(claims, source) : Html.Empty, PageSection.FiguresOf(group, "Over training", source), PatternPanel.Of(run, experiment)), [group]);
    }

    private static Plot Plot(TwoLayerRun run, TwoLayerExperiment experiment, string id, string title, Func<StudentMetrics, double> of, Unit unit) => new(
        $"{experiment.Name}-{id}", "band", title, "",
        new Axis("update", Logarithmic: false, Unit.Count), new Axis(title, Logarithmic: false, unit),
        new Dictionary<string, IReadOnlyList<Series>> { [""] = [.. experiment.Values.Select((value, setting) => new Series(setting, Points(run.Of(experiment, value), of), []))] });

    // Where one seed has diverged there is no mean any more.
    private static Point[] Points(IReadOnlyList<StudentRun> students, Func<StudentMetrics, double> of) =>
        [.. Enumerable.Range(0, students.Min(student => student.Evaluations.Count)).Select(at =>
        {
            Estimate estimate = Estimate.Of([.. students.Select(student => of(student.Evaluations[at]))]);
            return new Point(students[0].Evaluations[at].Iteration, Point.Drawn(estimate.Mean), Point.Drawn(estimate.High - estimate.Mean));
        })];

    private static Html Intervals(IReadOnlyList<Claim> claims, Html source) => Html.Of($"""
        <details class="card"><summary>Claims and their intervals</summary>
        <div class="scroll"><table>
        <thead><tr><th scope="col">claim</th><th scope="col">difference</th><th scope="col">mean and interval</th><th scope="col">claimed</th><th scope="col">verdict</th></tr></thead>
        <tbody>
        {Html.Lines(claims.SelectMany(claim => claim.Parts.Select((part, i) => Html.Of(
            $"<tr><th scope=\"row\">{(i == 0 ? claim.Statement : "")}</th><td>{part.What}</td><td>{ClaimSentence.Interval(part.Difference)}</td><td>{(part.IsBelow ? "below 0" : "above 0")}</td><td>{Verdicts.Name(part.Verdict)}</td></tr>"))))}
        </tbody>
        </table></div>
        {source}
        </details>
        """);
}
