using System.Globalization;
using Sharpless.Training;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>Results of training runs as a table for people.</summary>
internal static class TrainTables
{
    private static readonly (string Prefix, string Heading, string Format)[] Quantities =
    [
        ("train_loss", "train loss", "0.0000"), ("test_error", "test error", "0.0 %"), ("knn_error.", "kNN error", "0.0 %"), ("feature_rank.", "feature rank", "0"),
        ("density.", "density", "0.0 %"), ("sharpness_loss_small", "sharpness, small rho", "0.0000"), ("sharpness_loss_large", "sharpness, large rho", "0.0000"),
    ];

    /// <param name="console">Where to print.</param>
    /// <param name="results">A label (empty where there is one run) and the result.</param>
    /// <param name="report">File of the report.</param>
    internal static void Write(IAnsiConsole console, IReadOnlyList<(string Label, TrainResult Result)> results, string report)
    {
        // A row for each quantity: runs are few, and quantities would not fit beside each other on a narrow terminal.
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("");
        foreach ((string label, _) in results) table.AddColumn(new TableColumn(Markup.Escape(label)).RightAligned());
        table.ShowHeaders = results.Count > 1;
        foreach ((string column, string heading, string format) in Rows(results[0].Result)) AddRow(heading, result => result.Final.TryGetValue(column, out double value) ? Text(value, format) : "");
        if (results[0].Result.NeighbourDataSet is not null) AddRow("data set of the kNN error", result => result.NeighbourDataSet ?? "");
        if (results.Any(item => Skipped(item.Result) > 0)) AddRow("skipped steps", result => $"{Text(Skipped(result), "0")} of {result.Steps}");
        if (results.Any(item => item.Result.Divergence is not null)) AddRow("diverged", result => result.Divergence is null ? "no" : "yes");
        AddRow("steps per second", result => Text(result.StepsPerSecond, "0.0"));
        console.Write(table);
        // Not through the table's wrapping: a path must stay in one piece, to be copied.
        console.Profile.Out.Writer.WriteLine($"report: {report}");

        void AddRow(string heading, Func<TrainResult, string> cell) => table.AddRow([Markup.Escape(heading), .. results.Select(item => Markup.Escape(cell(item.Result)))]);
    }

    private static IEnumerable<(string Column, string Heading, string Format)> Rows(TrainResult result) =>
        from quantity in Quantities
        from column in result.Final.Keys
        where quantity.Prefix.EndsWith('.') ? column.StartsWith(quantity.Prefix, StringComparison.Ordinal) : column == quantity.Prefix
        select (column, column == quantity.Prefix ? quantity.Heading : $"{quantity.Heading}, {column[quantity.Prefix.Length..]}", quantity.Format);

    private static double Skipped(TrainResult result) => result.Final.GetValueOrDefault("skipped_steps");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
