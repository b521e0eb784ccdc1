using System.Globalization;
using Sharpless.Training;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>What a pruning buys, as a table for people: a column for each network.</summary>
internal static class PruneCostTable
{
    internal static void Write(IAnsiConsole console, PruneCost cost)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("");
        foreach ((string name, _) in cost.Networks) table.AddColumn(new TableColumn(Markup.Escape(name)).RightAligned());
        Row("bytes", item => Text(item.Bytes, "#,0"));
        Row("packed", item => Text(item.PackedBytes, "#,0"));
        Row("gzip", item => Text(item.GzipBytes, "#,0"));
        Row("multiply-adds", item => Text(item.MultiplyAdds, "#,0"));
        Row("with live weights", item => Text(item.LiveMultiplyAdds, "#,0"));
        Row($"ms for {cost.BatchSize} images", item => Milliseconds(item.SecondsPerBatch.Median));
        Row("quartiles", item => $"{Milliseconds(item.SecondsPerBatch.LowerQuartile)}-{Milliseconds(item.SecondsPerBatch.UpperQuartile)}");
        Row("speed", item => Text(cost.Speed(item), "0.00x"));
        console.Write(table);
        TextWriter output = console.Profile.Out.Writer;
        foreach (string finding in cost.Findings()) output.WriteLine(finding);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"images {cost.Shape.Channels}x{cost.Shape.Height}x{cost.Shape.ImageWidth}, {cost.ToDocument()["precision"]}, {cost.Device}, {Torch.Runtime.Threads} threads, {Processor.Name}, median of {cost.Networks[0].Cost.SecondsPerBatch.Passes} passes in turns"));

        void Row(string name, Func<NetworkCost, string> text) => table.AddRow([Markup.Escape(name), .. cost.Networks.Select(item => Markup.Escape(text(item.Cost)))]);
    }

    private static string Milliseconds(double seconds) => Text(1000 * seconds, "0.00");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
