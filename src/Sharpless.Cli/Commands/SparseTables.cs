using System.Globalization;
using Sharpless.Cli.Report;
using Sharpless.Experiments.Sparse;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>Results of the experiments on sparse networks as tables for people: accuracies in %, mean ± standard deviation over seeds.</summary>
internal static class SparseTables
{
    private static readonly string[] Arms = ["dense", "pruned", "sgd", "sam"];

    /// <summary>The exercise: a row for each arm, a column for each side.</summary>
    internal static void Exercise(IAnsiConsole console, SparseRun run)
    {
        IReadOnlyList<SparseRow> rows = SparseRow.Of(run.Cells);
        string[] sides = [.. rows.Select(row => row.Cell.Side!).Distinct()];
        Table table = New($"n = {rows[0].Test.Count}", sides);
        Part("all test images", row => Accuracy(row.TestAll), Arms);
        Part("test images as published", row => Accuracy(row.Test), Arms);
        Part("zeros at the end", row => Percent(row.Sparsity.Mean), Arms[1..]);
        console.Write(table);

        void Part(string heading, Func<SparseRow, string> cell, string[] arms)
        {
            table.AddRow([Markup.Escape($"{heading}, %"), .. sides.Select(_ => "")]);
            foreach (string arm in arms) table.AddRow([$"  {arm}", .. sides.Select(side => rows.FirstOrDefault(row => row.Cell.Side == side && row.Cell.Arm == arm) is { } row ? cell(row) : "")]);
        }
    }

    /// <summary>The grid: a table for each dense training and kind of comparison, a row for each share pruned, a column for each fine-tuning.</summary>
    internal static void Grid(IAnsiConsole console, SparseRun run)
    {
        foreach (IGrouping<(string?, string?), SparseRow> panel in SparseRow.Of(run.Cells.Where(cell => cell.Arm != "dense")).GroupBy(row => (row.Cell.Dense, row.Cell.Compute)))
        {
            console.WriteLine($"dense with {panel.Key.Item1}, fine-tuned at equal {panel.Key.Item2}; all test images, %, n = {panel.First().Test.Count}");
            Pivot(console, panel, "pruned", row => row.Cell.Arm == "sam" ? string.Create(CultureInfo.InvariantCulture, $"sam {row.Cell.Rho}") : row.Cell.Arm == "pruned" ? "not tuned" : row.Cell.Arm!);
        }
    }

    /// <summary>The sensitivity scan: a row for each share pruned, a column for each tensor.</summary>
    internal static void Sensitivity(IAnsiConsole console, SparseRun run)
    {
        IReadOnlyList<SparseRow> rows = SparseRow.Of(run.Cells);
        console.WriteLine($"one tensor pruned, nothing trained after; all test images, %, n = {rows[0].Test.Count}");
        Pivot(console, rows, "pruned", row => row.Cell.Tensor!);
    }

    private static void Pivot(IAnsiConsole console, IEnumerable<SparseRow> rows, string corner, Func<SparseRow, string> columnOf)
    {
        string[] columns = [.. rows.Select(columnOf).Distinct()];
        Table table = New(corner, columns);
        foreach (IGrouping<double, SparseRow> amount in rows.GroupBy(row => row.Cell.Amount).OrderBy(group => group.Key))
        {
            table.AddRow([
                string.Create(CultureInfo.InvariantCulture, $"{100 * amount.Key:0.##} %"),
                .. columns.Select(column => amount.FirstOrDefault(row => columnOf(row) == column) is { } row ? Accuracy(row.TestAll) : "")]);
        }

        console.Write(table);
    }

    private static Table New(string corner, IEnumerable<string> columns)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn(Markup.Escape(corner));
        foreach (string column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)).RightAligned());
        return table;
    }

    private static string Accuracy(Statistic statistic) => statistic.Deviation is { } deviation ? $"{Percent(statistic.Mean)} ± {Percent(deviation)}" : Percent(statistic.Mean);

    private static string Percent(double share) => (100 * share).ToString("0.00", CultureInfo.InvariantCulture);
}
