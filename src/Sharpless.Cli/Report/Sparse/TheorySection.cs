using System.Globalization;
using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>The theory check on the page: is ε* the worst direction, and does the loss grow by ρ |g|?</summary>
internal static class TheorySection
{
    /// <summary>The section.</summary>
    /// <param name="theory">The check.</param>
    /// <param name="id">Unique on the page.</param>
    /// <param name="source">Says where the numbers come from.</param>
    public static PageSection Of(TheoryCheck theory, string id, SparseSource source)
    {
        Html from = source.OfTheory(theory);
        PlotGroup directions = new($"{id}-directions", ["increase of the loss"], [.. Directions(theory, $"{id}-directions")]), ratios = new($"{id}-ratios", ["prediction", "measured"], [.. Ratios(theory, $"{id}-ratios")]);
        return new PageSection(
            PageSection.Frame(
                "The inner maximum, checked", Findings(theory),
                PageSection.FiguresOf(directions, "ε* against random directions of the same length", from),
                PageSection.FiguresOf(ratios, "The first-order prediction as ρ goes to 0", from), theory.FirstOrder.Count > 0 ? Table(theory, from) : Html.Empty),
            [directions, ratios]);
    }

    private static IEnumerable<string> Findings(TheoryCheck theory)
    {
        RandomDirections random = theory.Random;
        double increase = theory.LossAlongPerturbation - theory.Loss, best = random.Max - theory.Loss;
        yield return string.Create(CultureInfo.InvariantCulture, $"Moved by ε* = ρ g / |g| with ρ = {Format.Plain(theory.Rho)} the loss grows by {Number(increase)}, from {Number(theory.Loss)}; ")
            + $"along {random.N} random directions of the same length by at most {Number(best)}, on average by {Number(random.Mean - theory.Loss)} ± {Number(random.StandardDeviation)}. ε* beats {random.Beaten} of {random.N}.";
        if (theory.FirstOrder.Where(step => double.IsFinite(step.Ratio)).ToArray() is { Length: > 0 } steps)
        {
            FirstOrder smallest = steps.MinBy(step => step.Rho)!, largest = steps.MaxBy(step => step.Rho)!, nearest = steps.MinBy(step => Math.Abs(step.Ratio - 1))!;
            yield return $"The increase divided by its prediction ρ |g| is {Number(largest.Ratio)} at ρ = {Format.Plain(largest.Rho)} and {Number(smallest.Ratio)} at ρ = {Format.Plain(smallest.Rho)}; it is nearest to 1 at ρ = {Format.Plain(nearest.Rho)}."
                + (nearest != smallest ? " Below that, rounding in the loss outweighs the curvature." : "");
        }
        if (theory.FirstOrder.Count(step => !double.IsFinite(step.Ratio)) is > 0 and var missing) yield return $"{missing} of {theory.FirstOrder.Count} ratios are not finite.";
    }

    private static IEnumerable<Plot> Directions(TheoryCheck theory, string id)
    {
        Point[] points = [.. new[] { new Statistic(1, theory.LossAlongPerturbation - theory.Loss, null), new Statistic(1, theory.Random.Max - theory.Loss, null), new Statistic(theory.Random.N, theory.Random.Mean - theory.Loss, theory.Random.StandardDeviation) }
            .SelectMany((statistic, x) => Point.Mean(x, statistic))];
        if (!points.Any(point => point.Y is not null)) yield break;
        yield return new Plot(
            $"{id}-increase", "arms", "Increase of the loss", $"At ρ = {Format.Plain(theory.Rho)}. Error bar: sample standard deviation over the directions.",
            new Axis("direction", Logarithmic: false, Unit.Number, ["ε*", $"best of {theory.Random.N} random", $"mean of {theory.Random.N} random"]), new Axis("L(w + ε) − L(w)", Logarithmic: false, Unit.Number),
            new Dictionary<string, IReadOnlyList<Series>> { [""] = [new Series(0, points, [])] });
    }

    private static IEnumerable<Plot> Ratios(TheoryCheck theory, string id)
    {
        FirstOrder[] steps = [.. theory.FirstOrder.Where(step => step.Rho > 0).OrderBy(step => step.Rho)];
        if (!steps.Any(step => double.IsFinite(step.Ratio))) yield break;
        yield return new Plot(
            $"{id}-ratio", "line", "Increase divided by ρ |g|", "1 where the first-order expansion is exact. The axis does not start at 0.",
            new Axis("ρ", Logarithmic: true, Unit.Number), new Axis("(L(w + ρ g/|g|) − L(w)) / (ρ |g|)", Logarithmic: false, Unit.Number),
            new Dictionary<string, IReadOnlyList<Series>>
            {
                [""] = [new Series(0, [.. steps.Select(step => new Point(step.Rho, 1))], []), new Series(1, [.. steps.SelectMany(step => Point.Mean(step.Rho, new Statistic(1, step.Ratio, null)))], [])],
            });
    }

    private static Html Table(TheoryCheck theory, Html source) => PageSection.Table(
        "First-order expansion of the loss",
        Html.Of($"""<tr><th scope="col">ρ</th><th scope="col">increase</th><th scope="col">ρ |g|</th><th scope="col">ratio</th></tr>"""),
        theory.FirstOrder.Select(step => Html.Of($"""<tr><th scope="row">{Format.Plain(step.Rho)}</th><td>{Number(step.Increase)}</td><td>{Number(step.Predicted)}</td><td>{Number(step.Ratio)}</td></tr>""")), source);

    private static string Number(double value) => Format.Value(value, Unit.Number);
}
