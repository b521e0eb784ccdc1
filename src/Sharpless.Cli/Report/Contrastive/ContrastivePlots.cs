namespace Sharpless.Cli.Report.Contrastive;

/// <summary>Turns the runs of a group into its plots. Plots without a single point are left out.</summary>
internal static class ContrastivePlots
{
    private static readonly ContrastiveQuantity[] Watched = [ContrastiveQuantity.TestLoss, ContrastiveQuantity.Imagewise, ContrastiveQuantity.Textwise, ContrastiveQuantity.ImageRank, ContrastiveQuantity.TextRank];

    /// <summary>Curves over the steps.</summary>
    public static IReadOnlyList<Plot> OverTraining(ContrastiveGroup group, string prefix) => Drawable(Watched.Select(quantity => new Plot(
        $"{prefix}-{quantity.Column}-curve", "curve", quantity.Name, "Thick: mean over seeds; thin: single seeds.",
        new Axis("step", Logarithmic: false, Unit.Count), new Axis(quantity.Name, Logarithmic: false, quantity.Unit),
        Panel(group, setting => Curve(setting, quantity.Column), record => Curve(record, quantity.Column)))));

    /// <summary>Final values against the variable; none while there is a single setting.</summary>
    public static IReadOnlyList<Plot> AgainstVariable(ContrastiveGroup group, string prefix) => group.Settings.Count < 2 ? [] : Drawable(
        new[] { ContrastiveQuantity.Imagewise, ContrastiveQuantity.Textwise, ContrastiveQuantity.PictureOfText, ContrastiveQuantity.TextOfPicture, ContrastiveQuantity.ImageRank, ContrastiveQuantity.TextRank }.Select(quantity => new Plot(
            $"{prefix}-{quantity.Column}-final", "rho", $"{quantity.Name} against {group.Variable}", $"Filled: mean ± sample standard deviation; hollow: single seeds.{(quantity.Unit == Unit.Count ? "" : " The axis does not start at 0.")}",
            Positions(group), new Axis(quantity.Name, Logarithmic: false, quantity.Unit),
            new Dictionary<string, IReadOnlyList<Series>>
            {
                [""] = [.. group.Settings.Select((setting, x) => new Series(x, Point.Mean(x, setting.Latest(quantity.Column)), OfSeveral(setting, record => Point.Finite(x, record.Value(quantity.Column)))))],
            })));

    /// <summary>Rank at every tap of every layer, and activity of the blocks of the image encoder.</summary>
    public static IReadOnlyList<Plot> InsideTheEncoders(ContrastiveGroup group, string prefix)
    {
        LayerMeasurement? layers = group.Records.Select(record => record.Layers).FirstOrDefault(measured => measured is not null);
        if (layers is null) return [];
        // A place inside the block, such as mlp, of every block; what has no number stands for itself.
        var places = layers.Taps.ToLookup(PlaceOf);
        IEnumerable<Plot> ranks = places.Where(taps => taps.Count() > 1).Select(taps => Depth($"rank-{taps.Key}", $"Rank at {taps.Key} of every block", Unit.Count, [.. taps.Select(tap => (BlockOf(tap), LayerMeasurement.Rank(tap)))]));
        Plot single = Depth("rank-single", "Rank before the heads and of the embeddings", Unit.Count, [.. places.Where(taps => taps.Count() == 1).SelectMany(taps => taps).Select(tap => (tap, LayerMeasurement.Rank(tap)))]);
        IEnumerable<Plot> activity = LayerMeasurement.Activity.Select(quantity => Depth(
            quantity.Column, $"Image encoder: {quantity.Name}", Unit.Percent, [.. Enumerable.Range(1, layers.Blocks).Select(block => (Format.Plain(block), LayerMeasurement.InBlock(quantity.Column, block)))]));
        return Drawable([.. ranks, single, .. activity]);

        Plot Depth(string id, string title, Unit unit, (string Name, string Column)[] columns) => new(
            $"{prefix}-{id}", "depth", title, "Mean ± sample standard deviation over seeds.",
            new Axis(columns.All(column => column.Name.All(char.IsAsciiDigit)) ? "block, from input to output" : "tap", Logarithmic: false, Unit.Number, [.. columns.Select(column => column.Name)]),
            new Axis(unit == Unit.Count ? "rank (99 % of the variance)" : "share", Logarithmic: false, unit),
            Panel(group, setting => [.. columns.SelectMany((column, x) => Point.Mean(x, setting.Latest(column.Column)))], null));
    }

    // image.layer4.mlp: place image.mlp, block 4.
    private static string PlaceOf(string tap) => string.Join('.', tap.Split('.').Where(part => !IsBlock(part)));

    private static string BlockOf(string tap) => tap.Split('.').Single(IsBlock)["layer".Length..];

    private static bool IsBlock(string part) => part.StartsWith("layer", StringComparison.Ordinal) && part["layer".Length..].All(char.IsAsciiDigit);

    private static Axis Positions(ContrastiveGroup group) => new($"{group.Variable} (evenly spaced, not to scale)", Logarithmic: false, Unit.Number, [.. group.Settings.Select(setting => setting.Value)]);

    private static Dictionary<string, IReadOnlyList<Series>> Panel(ContrastiveGroup group, Func<ContrastiveSetting, IReadOnlyList<Point>> mean, Func<ContrastiveRecord, IReadOnlyList<Point>>? seeds) =>
        new() { [""] = [.. group.Settings.Select((setting, position) => new Series(position, mean(setting), seeds is null ? [] : OfSeveral(setting, seeds)))] };

    // A single run is its own mean.
    private static IReadOnlyList<IReadOnlyList<Point>> OfSeveral(ContrastiveSetting setting, Func<ContrastiveRecord, IReadOnlyList<Point>> points) =>
        setting.Counted.Count < 2 ? [] : [.. setting.Counted.Select(points)];

    private static IReadOnlyList<Point> Curve(ContrastiveRecord record, string column) =>
        [.. record.Run.Evaluations.Where(row => row[column] is not null).Select(row => new Point(row.Iteration, Point.Drawn(row[column])))];

    // Only evaluations that every seed reached: a mean over fewer seeds would jump where one of them stops.
    private static IReadOnlyList<Point> Curve(ContrastiveSetting setting, string column) =>
    [
        .. setting.Counted.SelectMany(record => record.Run.Evaluations).Where(row => row[column] is not null).GroupBy(row => row.Iteration)
            .Where(rows => rows.Count() == setting.Counted.Count).OrderBy(rows => rows.Key).SelectMany(rows => Point.Mean(rows.Key, Statistic.Of(rows.Select(row => row[column])))),
    ];

    private static IReadOnlyList<Plot> Drawable(IEnumerable<Plot> plots) =>
        [.. plots.Where(plot => plot.Panels.Values.SelectMany(panel => panel).SelectMany(series => series.Points).Any(point => point.Y is not null))];
}
