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
    ];

    /// <param name="console">Where to print.</param>
    /// <param name="results">A label (empty where there is one run) and the result.</param>
    /// <param name="report">File of the report.</param>
    internal static void Write(IAnsiConsole console, IReadOnlyList<(string Label, TrainResult Result)> results, string report)
    {
        List<(string Column, string Heading, string Format)> columns = [.. Columns(results)];
        var table = new Table { Border = TableBorder.Rounded };
        if (results.Count > 1) table.AddColumn("");
        foreach ((_, string heading, _) in columns) table.AddColumn(new TableColumn(Markup.Escape(heading)).RightAligned());
        table.AddColumn(new TableColumn("steps/s").RightAligned());
        foreach ((string label, TrainResult result) in results)
        {
            List<string> cells = [.. columns.Select(item => result.Final.TryGetValue(item.Column, out double value) ? value.ToString(item.Format, CultureInfo.InvariantCulture) : "")];
            if (results.Count > 1) cells.Insert(0, Markup.Escape(label));
            cells.Add(result.StepsPerSecond.ToString("0.0", CultureInfo.InvariantCulture));
            table.AddRow([.. cells]);
        }

        console.Write(table);
        // Not through the table's wrapping: a path must stay in one piece, to be copied.
        console.Profile.Out.Writer.WriteLine($"report: {report}");
    }

    private static IEnumerable<(string Column, string Heading, string Format)> Columns(IReadOnlyList<(string Label, TrainResult Result)> results) =>
        from quantity in Quantities
        from column in results[0].Result.Final.Keys
        where quantity.Prefix.EndsWith('.') ? column.StartsWith(quantity.Prefix, StringComparison.Ordinal) : column == quantity.Prefix
        select (column, column == quantity.Prefix ? quantity.Heading : $"{quantity.Heading}\n{column[quantity.Prefix.Length..]}", quantity.Format);
}
