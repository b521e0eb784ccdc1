using Sharpless.Training;

namespace Sharpless.Cli.Report;

/// <summary>Turns the runs of a group into its plots. Plots without a single point are left out.</summary>
internal static class Plots
{
    private const int SpectrumPoints = 300;

    // The four panels of arXiv:2305.16292, then what evaluations measure only where asked.
    private static readonly Quantity[] Drawn =
    [
        Quantity.TrainLoss, Quantity.TestError, Quantity.FeatureRank, Quantity.KnnError,
        Quantity.CleanError, Quantity.NoisyError, Quantity.SharpnessSmall, Quantity.SharpnessLarge, Quantity.Density, Quantity.CorrelatedUnits, Quantity.ActiveUnits,
    ];

    // Losses and errors fall from high values: on a linear axis the late differences between the settings would vanish.
    private static readonly Quantity[] Logarithmic = [Quantity.TrainLoss, Quantity.TestError, Quantity.KnnError];

    /// <summary>Curves over epochs.</summary>
    public static IEnumerable<Plot> OverTraining(RunGroup group, string prefix) => Drawable(Drawn.Select(quantity => Curve(group, prefix, quantity)));

    /// <summary>Final quantities against ρ; none while the group has a single ρ.</summary>
    public static IEnumerable<Plot> AgainstRho(RunGroup group, string prefix) =>
        group.Settings.Count < 2 ? [] : Drawable(Drawn.Select(quantity => AgainstRho(group, prefix, quantity)));

    /// <summary>How the rank of the features goes with the errors; none while the group has a single ρ.</summary>
    public static IEnumerable<Plot> AgainstRank(RunGroup group, string prefix) => group.Settings.Count < 2 ? [] : Drawable(
    [
        AgainstRank(group, prefix, Quantity.TestError),
        AgainstRank(group, prefix, Quantity.KnnError),
    ]);

    /// <summary>All taps side by side, and the spectrum at one of them.</summary>
    public static IEnumerable<Plot> InsideTheNetwork(RunGroup group, string prefix) => Drawable(
        Drawn.Where(quantity => quantity.PerTap).Select(quantity => AlongTheDepth(group, prefix, quantity)).Append(Spectrum(group, prefix)));

    private static IEnumerable<Plot> Drawable(IEnumerable<Plot> plots) =>
        plots.Where(plot => plot.Panels.Values.SelectMany(panel => panel).SelectMany(series => series.Points).Any(point => point.Y is not null));

    private static Plot Curve(RunGroup group, string prefix, Quantity quantity) => new(
        $"{prefix}-{quantity.Column}-curve", "curve", group.NameOf(quantity),
        Note(quantity.Meaning, Logarithmic.Contains(quantity) ? "Logarithmic scale." : "", SeveralSeeds(group) ? "Thick: mean over seeds; thin: single seeds." : ""),
        new Axis("epoch", Logarithmic: false, Unit.Number), new Axis(quantity.Lower, Logarithmic.Contains(quantity), quantity.Unit),
        Panels(group, quantity, column => Series(group, setting => CurveOfMeans(setting.Counted, column), run => Curve(run, column))));

    private static Plot AgainstRho(RunGroup group, string prefix, Quantity quantity) => new(
        $"{prefix}-{quantity.Column}-rho", "rho", $"{group.NameOf(quantity)} against ρ",
        Note(quantity.Meaning, quantity.Unit == Unit.Count ? "" : "The axis does not start at 0.", SeveralSeeds(group) ? "Filled: mean ± sample standard deviation; hollow: single seeds." : ""),
        new Axis("ρ (evenly spaced, not to scale)", Logarithmic: false, Unit.Number, [.. group.Settings.Select(setting => Format.Plain(setting.Rho))]),
        new Axis($"final {quantity.Lower}", Logarithmic: false, quantity.Unit),
        Panels(group, quantity, column => [.. group.Settings.Select((setting, x) => new Series(
            x, Point.Mean(x, setting.Latest(column)), OfSeveral(setting.Counted, run => Point.Finite(x, run.Latest(column)))))]));

    private static Plot AgainstRank(RunGroup group, string prefix, Quantity quantity) => new(
        $"{prefix}-{quantity.Column}-rank", "relation", $"{group.NameOf(quantity)} against feature rank",
        Note("The line joins the settings in the order of ρ. The axes do not start at 0.", SeveralSeeds(group) ? "Filled: means, the error with its sample standard deviation; hollow: single seeds." : ""),
        new Axis("final feature rank", Logarithmic: false, Unit.Count), new Axis($"final {quantity.Lower}", Logarithmic: false, quantity.Unit),
        group.Taps.ToDictionary(tap => tap, tap => Series(
            group,
            setting => setting.Latest(Quantity.FeatureRank.At(tap)) is { IsFinite: true } rank ? Point.Mean(rank.Mean, setting.Latest(quantity.At(tap))) : [],
            run => run.Latest(Quantity.FeatureRank.At(tap)) is { } rank && double.IsFinite(rank) ? Point.Finite(rank, run.Latest(quantity.At(tap))) : [])));

    private static Plot AlongTheDepth(RunGroup group, string prefix, Quantity quantity) => new(
        $"{prefix}-{quantity.Column}-depth", "depth", $"{group.NameOf(quantity)} at every tap", SeveralSeeds(group) ? "Mean ± sample standard deviation over seeds." : "",
        new Axis("tap, from input to output", Logarithmic: false, Unit.Number, group.Taps), new Axis($"final {quantity.Lower}", Logarithmic: false, quantity.Unit),
        new Dictionary<string, IReadOnlyList<Series>>
        {
            [""] = Series(group, setting => [.. group.Taps.SelectMany((tap, x) => Point.Mean(x, setting.Latest(quantity.At(tap))))], seeds: null),
        });

    private static Plot Spectrum(RunGroup group, string prefix) => new(
        $"{prefix}-spectrum", "spectrum", "Singular spectrum",
        Note(SeveralSeeds(group) ? "Mean over seeds." : "", "Values below a millionth of the largest are not drawn."),
        new Axis("index of the singular value", Logarithmic: true, Unit.Count), new Axis("singular value", Logarithmic: true, Unit.Number),
        group.Taps.ToDictionary(tap => tap, tap => Series(group, setting => SpectrumOfMeans(setting.Counted, tap), seeds: null)));

    private static Dictionary<string, IReadOnlyList<Series>> Panels(RunGroup group, Quantity quantity, Func<string, IReadOnlyList<Series>> panel) =>
        quantity.Places(group.Taps).ToDictionary(tap => tap, tap => panel(quantity.At(tap)));

    private static IReadOnlyList<Series> Series(RunGroup group, Func<Setting, IReadOnlyList<Point>> mean, Func<RunRecord, IReadOnlyList<Point>>? seeds) =>
        [.. group.Settings.Select((setting, position) => new Series(position, mean(setting), seeds is null ? [] : OfSeveral(setting.Runs, seeds)))];

    // A single run is its own mean; drawing it twice would only thicken the line.
    private static IReadOnlyList<IReadOnlyList<Point>> OfSeveral(IReadOnlyList<RunRecord> runs, Func<RunRecord, IReadOnlyList<Point>> points) =>
        runs.Count < 2 ? [] : [.. runs.Select(points)];

    private static IReadOnlyList<Point> Curve(RunRecord run, string column) =>
        [.. run.Evaluations.Where(row => row[column] is not null).Select(row => new Point(row.Epoch, Point.Drawn(row[column])))];

    // Only evaluations that every seed reached: a mean over fewer seeds would jump where one of them stops.
    private static IReadOnlyList<Point> CurveOfMeans(IReadOnlyList<RunRecord> runs, string column)
    {
        var evaluations = runs.SelectMany(run => run.Evaluations).Where(row => row[column] is not null).GroupBy(row => row.Iteration);
        return [.. evaluations.Where(rows => rows.Count() == runs.Count).OrderBy(rows => rows.Key).Select(rows => MeanOf([.. rows], column))];
    }

    private static Point MeanOf(EvaluationRecord[] rows, string column) => Point.Mean(rows[0].Epoch, Statistic.Of(rows.Select(row => row[column])))[0];

    private static IReadOnlyList<Point> SpectrumOfMeans(IReadOnlyList<RunRecord> runs, string tap)
    {
        double[][] spectra = [.. runs.Select(run => run.Spectra?.SingularValues.GetValueOrDefault(tap)).OfType<double[]>()];
        if (spectra.Length == 0) return [];
        return [.. SpectrumIndices(spectra.Min(spectrum => spectrum.Length)).Select(i => new Point(i + 1, Point.Drawn(spectra.Average(spectrum => spectrum[i]))))];
    }

    /// <summary>At most about 300 indices from 0 to count - 1, evenly spaced on a logarithmic axis.</summary>
    internal static IReadOnlyList<int> SpectrumIndices(int count) => count <= SpectrumPoints
        ? [.. Enumerable.Range(0, count)]
        : [.. Enumerable.Range(0, SpectrumPoints).Select(step => (int)Math.Round(Math.Pow(count, step / (SpectrumPoints - 1.0))) - 1).Distinct()];

    private static bool SeveralSeeds(RunGroup group) => group.Settings.Any(setting => setting.Counted.Count > 1);

    private static string Note(params string[] sentences) => string.Join(' ', sentences.Where(sentence => sentence.Length > 0));
}
