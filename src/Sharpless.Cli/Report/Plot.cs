namespace Sharpless.Cli.Report;

/// <summary>One plot of the page as report.js draws it.</summary>
/// <param name="Id">Unique on the page; the figure carries it.</param>
/// <param name="Kind">
/// How points are drawn. Joined: <c>curve</c>, <c>spectrum</c>, <c>band</c> (mean ± deviation as an area), <c>line</c> (error bars), <c>depth</c> (error bars over categories, moved aside of each other).
/// Single, with error bars: <c>rho</c> (one setting per category), <c>relation</c> (one setting anywhere), <c>arms</c> (every setting at every category, seeds beside their mean).
/// </param>
/// <param name="Title">Heading of the figure.</param>
/// <param name="Note">One line on how to read it.</param>
/// <param name="X">Horizontal axis.</param>
/// <param name="Y">Vertical axis.</param>
/// <param name="Panels">The series to show, by selected tap; the single key "" where the plot does not depend on the tap.</param>
internal sealed record Plot(string Id, string Kind, string Title, string Note, Axis X, Axis Y, IReadOnlyDictionary<string, IReadOnlyList<Series>> Panels)
{
    /// <summary>Whether the plot changes with the selected tap.</summary>
    public bool PerTap => !Panels.ContainsKey("");
}

/// <summary>An axis.</summary>
/// <param name="Title">Label, with unit.</param>
/// <param name="Logarithmic">Whether the scale is logarithmic; values of 0 and below are then left out.</param>
/// <param name="Unit">How its numbers are written.</param>
/// <param name="Categories">Labels of the positions 0, 1, 2, ... of an axis that is no scale; otherwise null.</param>
/// <param name="Range">Lowest and highest value that the axis must show, so that plots side by side have equal axes; null: those of its own plot.</param>
internal sealed record Axis(string Title, bool Logarithmic, Unit Unit, IReadOnlyList<string>? Categories = null, IReadOnlyList<double>? Range = null);

/// <summary>What one setting (one ρ) shows in a plot.</summary>
/// <param name="Setting">Position of the setting in its group; decides colour, dash and marker.</param>
/// <param name="Points">Means over seeds, in drawing order.</param>
/// <param name="Seeds">The points of each single run; empty where there is one run only.</param>
internal sealed record Series(int Setting, IReadOnlyList<Point> Points, IReadOnlyList<IReadOnlyList<Point>> Seeds);

/// <summary>A point of a series.</summary>
/// <param name="X">Position; for categories their number from 0.</param>
/// <param name="Y">Mean over seeds, null where it is not finite: curves break there.</param>
/// <param name="Deviation">Sample standard deviation over seeds, or null for a single value.</param>
internal sealed record Point(double X, double? Y, double? Deviation = null)
{
    /// <summary>The point of a mean over seeds; none where nothing was measured.</summary>
    public static IReadOnlyList<Point> Mean(double x, Statistic? statistic) => statistic is null ? [] : [new Point(x, Drawn(statistic.Mean), statistic.Deviation)];

    /// <summary>The point of one seed; none where nothing finite was measured.</summary>
    public static IReadOnlyList<Point> Finite(double x, double? value) => Drawn(value) is { } y ? [new Point(x, y)] : [];

    /// <summary>What can be drawn of a value: itself, or null where it is not finite.</summary>
    public static double? Drawn(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
