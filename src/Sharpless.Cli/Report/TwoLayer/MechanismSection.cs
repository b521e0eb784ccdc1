using Sharpless.Analysis;
using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Cli.Report.TwoLayer;

/// <summary>The mechanism on the page: what a step of SAM does to the pre-activations, predicted and measured.</summary>
internal static class MechanismSection
{
    private const string Id = "mechanism";

    /// <summary>The section.</summary>
    /// <param name="run">With a mechanism.</param>
    /// <param name="source">Says where the numbers come from.</param>
    public static PageSection Of(TwoLayerRun run, Html source)
    {
        double[] radii = [.. run.Mechanism.Select(student => student.Rho).Distinct().Order()];
        var group = new PlotGroup(Id, [.. radii.Select(rho => $"ρ = {Format.Plain(rho)}")],
        [
            Course("reduction", "Reduction term, log₁₀", "How far SAM's second term lowers a pre-activation, per update and unit.", window => Math.Log10(window.Reduction)),
            Course("fitting", "Fitting term, log₁₀", "Absolute change by the first term, per update and unit.", window => Math.Log10(window.Fitting)),
            Course("sign", "Sign agreement of the first order", "Share of changes whose sign is predicted.", window => window.SignAgreement, Unit.Percent),
            Course("error", "Relative error of the first order, log₁₀", "Median over updates.", window => Math.Log10(window.FirstOrderError)),
            Residuals(),
        ]);
        return new PageSection(
            PageSection.Frame(
                "Why SAM switches units off", Findings(run.Mechanism, radii), PageSection.FiguresOf(group, "Each step predicted and measured, in float64", source), Table(run.Mechanism, radii, source)),
            [group]);

        Plot Course(string id, string title, string note, Func<MechanismWindow, double> of, Unit unit = Unit.Number) => new(
            $"{Id}-{id}", "band", title, note, new Axis("update", Logarithmic: false, Unit.Count), new Axis(title, Logarithmic: false, unit),
            Panel(students => [.. students[0].Windows.Select((window, i) => PointOf(window.Iteration, students.Select(student => of(student.Windows[i]))))]));

        Plot Residuals() => new(
            $"{Id}-residual", "line", "What the first order leaves, log₁₀", "One step from the weights at the end of SAM; a slope of 2 is a residual that shrinks as ρ².",
            new Axis("ρ of the step", Logarithmic: true, Unit.Number), new Axis("residual, log₁₀", Logarithmic: false, Unit.Number),
            Panel(students => [.. students[0].Residuals.Select((residual, i) => PointOf(residual.Rho, students.Select(student => Math.Log10(student.Residuals[i].Residual)))).OrderBy(point => point.X)]));

        Dictionary<string, IReadOnlyList<Series>> Panel(Func<MechanismRun[], IReadOnlyList<Point>> points) => new()
        {
            [""] = [.. radii.Select((rho, setting) => new Series(setting, points([.. run.Mechanism.Where(student => student.Rho == rho)]), []))],
        };
    }

    private static Point PointOf(double x, IEnumerable<double> values)
    {
        // A student whose units are all off has no change to predict, and no logarithm of it.
        double[] moved = [.. values.Where(double.IsFinite)];
        if (moved.Length == 0) return new Point(x, null);
        Estimate estimate = Estimate.Of(moved);
        return new Point(x, estimate.Mean, Point.Drawn(estimate.High - estimate.Mean));
    }

    private static IEnumerable<string> Findings(IReadOnlyList<MechanismRun> students, double[] radii)
    {
        yield return "To first order a step changes a pre-activation h by −2η(r + ρ s N) a q n² (fitting) and by −2ηρ|r| ReLU(h) n²/N (reduction), which is never above 0.";
        double worst = students.Max(student => student.ExactError);
        yield return $"Where the perturbation switches no unit, the formula to all orders gives every measured change to a relative {Format.Value(worst, Unit.Number)} at worst.";
        double[] slopes = [.. students.Select(student => Math.Log10(student.Residuals[0].Residual / student.Residuals[^1].Residual) / Math.Log10(student.Residuals[0].Rho / student.Residuals[^1].Rho)).Where(double.IsFinite)];
        if (slopes.Length > 0) yield return $"What the first order leaves of a step shrinks as ρ to the power {Text(Estimate.Of(slopes), Unit.Number)}; the formula says 2.";
        yield return $"A unit that was on at no training point came back in {students.Sum(student => student.UnitsBack)} cases in {students.Count} trainings.";
        foreach (double rho in new[] { radii[0], radii[^1] }.Distinct())
            yield return $"At ρ = {Format.Plain(rho)} {Text(Over(students, rho, student => student.UnitsLost), Unit.Count)} units go off for good while SAM acts; the sum of the reductions is {Text(Over(students, rho, student => student.Reduction), Unit.Number)} per unit.";
    }

    private static Html Table(IReadOnlyList<MechanismRun> students, double[] radii, Html source) => PageSection.Table(
        "Over the updates with SAM, mean ± half the 95 % t-interval over seeds",
        Html.Of($"""<tr><th scope="col">ρ</th><th scope="col">sign agreement, first order</th><th scope="col">median relative error, first order</th><th scope="col">updates that switch no unit</th><th scope="col">worst error, all orders</th><th scope="col">reduction, sum per unit</th><th scope="col">fitting, sum per unit</th><th scope="col">units lost</th><th scope="col">units back</th></tr>"""),
        radii.Select(rho => Html.Of($"""
            <tr><th scope="row">{Format.Plain(rho)}</th><td>{Text(Over(students, rho, student => student.SignAgreement), Unit.Percent)}</td><td>{Text(Over(students, rho, student => student.FirstOrderError), Unit.Number)}</td><td>{Text(Over(students, rho, student => student.PatternKept), Unit.Percent)}</td><td>{Format.Value(students.Where(student => student.Rho == rho).Max(student => student.ExactError), Unit.Number)}</td><td>{Text(Over(students, rho, student => student.Reduction), Unit.Number)}</td><td>{Text(Over(students, rho, student => student.Fitting), Unit.Number)}</td><td>{Text(Over(students, rho, student => student.UnitsLost), Unit.Count)}</td><td>{Text(Over(students, rho, student => student.UnitsBack), Unit.Count)}</td></tr>
            """)), source);

    private static Estimate Over(IReadOnlyList<MechanismRun> students, double rho, Func<MechanismRun, double> of) => Estimate.Of([.. students.Where(student => student.Rho == rho).Select(of)]);

    private static string Text(Estimate estimate, Unit unit) => Format.Value(new Statistic(estimate.Samples, estimate.Mean, double.IsFinite(estimate.Mean) ? estimate.High - estimate.Mean : null), unit);
}
