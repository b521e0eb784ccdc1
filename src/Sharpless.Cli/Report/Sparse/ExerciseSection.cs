using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>The exercise on the page: honest and published side by side.</summary>
internal static class ExerciseSection
{
    private const string Notebook = "notebook, other widths";

    private static readonly AccuracyMeasure[] Measures = [AccuracyMeasure.Subset, AccuracyMeasure.All];

    /// <summary>The section.</summary>
    /// <param name="exercise">At least one cell.</param>
    /// <param name="id">Unique on the page.</param>
    /// <param name="source">Says where the numbers come from.</param>
    public static PageSection Of(Exercise exercise, string id, SparseSource source)
    {
        Html from = source.Of(exercise.Cells);
        PlotGroup arms = Arms(exercise, $"{id}-arms"), epochs = Epochs(exercise, $"{id}-epochs");
        string heading = $"Dense, pruned, fine-tuned: {Fraction.Text(exercise.Amount)} of the weights pruned";
        return new PageSection(
            PageSection.Frame(
                heading, ExerciseFindings.Of(exercise), Table(exercise, from),
                PageSection.FiguresOf(arms, "Test accuracy of each arm", from), PageSection.FiguresOf(epochs, "Validation accuracy over the epochs", from)),
            [arms, epochs]);
    }

    // ---- Table ----------------------------------------------------------------------------------------------------

    private static Html Table(Exercise exercise, Html source)
    {
        Html head = Html.Of($"""
            <tr><th scope="col" rowspan="2">Arm</th>{Html.Each(exercise.Sides, side => $"<th scope=\"colgroup\" colspan=\"{Measures.Length + 3}\" class=\"side\">{Heading(side)}</th>")}<th scope="col" class="side">published notebook</th></tr>
            <tr>{Html.Lines(exercise.Sides.Select(_ => Html.Of($"<th scope=\"col\" class=\"side\">n</th>{Html.Each(Measures, measure => $"<th scope=\"col\">{Short(measure)}</th>")}<th scope=\"col\">against pruned, points</th><th scope=\"col\">zeros at the end, %</th>")))}<th scope="col" class="side">1 run, other widths</th></tr>
            """);
        return PageSection.Table(
            $"Test accuracy, %, mean ± standard deviation over seeds; against pruned: mean difference with its interval; {PairedDifference.Method(exercise.Comparisons)}",
            head, Exercise.Arms.Select(arm => Row(exercise, arm)), source);
    }

    private static string Heading(ExerciseSide side) => side.IsHonest ? side.Name : $"{side.Name.Split(':')[0]} ({string.Join(", ", side.Faults)})";

    private static string Short(AccuracyMeasure measure) => measure == AccuracyMeasure.All ? "all test images" : "share as published";

    private static Html Row(Exercise exercise, string arm) => Html.Of($"""
        <tr><th scope="row">{Exercise.NameOf(arm)}</th>{Html.Lines(exercise.Sides.Select(side => Cells(side, arm, exercise.Comparisons)))}<td class="side">{(PublishedExercise.TestAccuracy(arm) is { } published ? Format.Cell(new Statistic(1, published, null), Unit.Percent) : Format.Missing)}</td></tr>
        """);

    private static Html Cells(ExerciseSide side, string arm, int comparisons)
    {
        IReadOnlyList<SparseCell> cells = side.Arm(arm);
        string change = arm == "pruned" ? Format.Missing : PairedDifference.Of(AccuracyMeasure.All.BySeed(cells), AccuracyMeasure.All.BySeed(side.Arm("pruned")))?.Among(comparisons).ToString() ?? Format.Missing;
        Statistic? zeros = Statistic.Of(cells.Select(cell => (double?)cell.Sparsity));
        return Html.Of($"<td class=\"side\">{cells.Count}</td>{Html.Each(Measures, measure => $"<td>{Format.Cell(measure.Over(cells), Unit.Percent)}</td>")}<td>{change}</td><td>{Format.Cell(zeros is null ? null : zeros with { Deviation = null }, Unit.Percent)}</td>");
    }

    // ---- Accuracy per arm -----------------------------------------------------------------------------------------

    // Settings: notebook, published sides, honest side; the honest one gets the darkest colour.
    private static PlotGroup Arms(Exercise exercise, string id)
    {
        ExerciseSide[] sides = [.. exercise.Sides.OrderBy(side => side.IsHonest)];
        AccuracyMeasure[] measures = [.. Measures.Where(measure => Spread(exercise.Cells, measure).Length > 0)];
        double[] range = [.. measures.SelectMany(measure => Spread(exercise.Cells, measure))];
        if (measures.Contains(AccuracyMeasure.Subset)) range = [.. range, .. Exercise.Arms.Select(arm => PublishedExercise.TestAccuracy(arm)).OfType<double>()];
        return new PlotGroup(id, [Notebook, .. sides.Select(side => side.Name)], [.. measures.Select(Plot)]);

        Plot Plot(AccuracyMeasure measure) => new(
            $"{id}-{(measure == AccuracyMeasure.All ? "all" : "share")}", "arms", $"Accuracy on {measure.Name}",
            $"Filled: mean ± sample standard deviation; hollow: single seeds. {SparseSource.Seeds(exercise.Cells)}. The axis does not start at 0.",
            new Axis("arm", Logarithmic: false, Unit.Number, [.. Exercise.Arms.Select(Exercise.NameOf)]),
            new Axis("test accuracy", Logarithmic: false, Unit.Percent, Range: [range.Min(), range.Max()]),
            new Dictionary<string, IReadOnlyList<Series>>
            {
                // The notebook's figures are on the smaller share only.
                [""] = [.. measure == AccuracyMeasure.Subset ? [new Series(0, [.. Exercise.Arms.SelectMany((arm, x) => Point.Finite(x, PublishedExercise.TestAccuracy(arm)))], [])] : Array.Empty<Series>(),
                    .. sides.Select((side, position) => OfSide(side, position + 1, measure))],
            });
    }

    private static Series OfSide(ExerciseSide side, int setting, AccuracyMeasure measure)
    {
        long[] seeds = [.. side.Cells.Select(cell => (long)cell.Seed).Distinct().Order()];
        return new Series(
            setting, [.. Exercise.Arms.SelectMany((arm, x) => Point.Mean(x, measure.Over(side.Arm(arm))))],
            seeds.Length < 2 ? [] : [.. seeds.Select(seed => Exercise.Arms.SelectMany((arm, x) => Point.Finite(x, measure.Over(side.Arm(arm).Where(cell => cell.Seed == seed))?.Mean)).ToArray())]);
    }

    // Every finite value, and the ends of the error bars.
    private static double[] Spread(IReadOnlyList<SparseCell> cells, AccuracyMeasure measure) =>
    [
        .. cells.Select(measure.Of).Where(double.IsFinite),
        .. cells.GroupBy(cell => (cell.Side, cell.Arm)).Select(arm => measure.Over(arm)).OfType<Statistic>().Where(mean => mean.IsFinite)
            .SelectMany(mean => new[] { mean.Mean - (mean.Deviation ?? 0), mean.Mean + (mean.Deviation ?? 0) }),
    ];

    // ---- Validation accuracy --------------------------------------------------------------------------------------

    // One figure per side. The fine-tuning goes on where the dense phase ends.
    private static PlotGroup Epochs(Exercise exercise, string id)
    {
        string[] arms = ["dense", "sgd", "sam"];
        double[] all = [.. exercise.Cells.SelectMany(cell => cell.ValidationAccuracy).Where(double.IsFinite)];
        Plot[] plots = all.Length == 0 ? [] : [.. exercise.Sides.Select((side, number) => new Plot(
            $"{id}-{number + 1}", "band", $"Validation accuracy, {side.Name} side",
            $"Points and area: mean ± sample standard deviation; thin: single seeds. {SparseSource.Seeds(side.Cells)}. Fine-tuning follows the dense phase. The axis does not start at 0.",
            new Axis("epoch", Logarithmic: false, Unit.Number), new Axis("validation accuracy", Logarithmic: false, Unit.Percent, Range: [all.Min(), all.Max()]),
            new Dictionary<string, IReadOnlyList<Series>> { [""] = [.. arms.Select((arm, position) => Curve(position, side.Arm(arm), arm == "dense" ? 0 : Length(side.Arm("dense"))))] }))];
        return new PlotGroup(id, ["dense phase", "SGD", "SAM"], plots);
    }

    private static int Length(IReadOnlyList<SparseCell> cells) => cells.Count == 0 ? 0 : cells.Max(cell => cell.ValidationAccuracy.Count);

    private static Series Curve(int setting, IReadOnlyList<SparseCell> cells, int before)
    {
        // Only epochs that every seed reached: a mean over fewer seeds would jump where one of them stops.
        int epochs = cells.Count == 0 ? 0 : cells.Min(cell => cell.ValidationAccuracy.Count);
        return new Series(
            setting, [.. Enumerable.Range(0, epochs).SelectMany(i => Point.Mean(before + i + 1, Statistic.Of(cells.Select(cell => (double?)cell.ValidationAccuracy[i]))))],
            cells.Count < 2 ? [] : [.. cells.Select(cell => cell.ValidationAccuracy.Select((value, i) => new Point(before + i + 1, Point.Drawn(value))).ToArray())]);
    }
}
