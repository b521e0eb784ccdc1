using System.Globalization;
using Sharpless.Pruning;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>A pruned network as a table for people, with what was left alone and why.</summary>
internal static class PruneTables
{
    internal static void Write(IAnsiConsole console, PrunedNetwork pruned)
    {
        PruneSummary summary = pruned.Summary;
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("tensor");
        foreach (string heading in (string[])["zeros", "of", "sparsity"]) table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (TensorZeros tensor in summary.Tensors) AddRow(tensor.Name, tensor.Zeros, tensor.Numel);
        AddRow("all", summary.Zeros, summary.Parameters);
        console.Write(table);

        // Not through the table's wrapping: names and paths must stay in one piece, to be copied.
        TextWriter output = console.Profile.Out.Writer;
        if (summary.Exempt.Count > 0) output.WriteLine($"exempt: {Names(summary.Exempt)}");
        if (summary.LeftWhole.Count > 0) output.WriteLine($"left whole, inputs not divisible by {pruned.Options.Scope.GroupSize}: {Names(summary.LeftWhole)}");
        if (pruned.Result.NormsUnknown.Count > 0) output.WriteLine($"no known model, so that batch norms behind these layers keep their shift: {Names(pruned.Result.NormsUnknown)}");
        foreach ((string layer, int channels) in pruned.Shrunk?.Removed ?? new Dictionary<string, int>()) output.WriteLine($"removed: {channels.ToString(CultureInfo.InvariantCulture)} channels of {layer}");
        if (pruned.Shrunk?.NotRemovable is { Count: > 0 } kept) output.WriteLine($"channels are zeros, but stay because other layers add to them: {Names(kept)}");
        if (pruned.IsReestimated) output.WriteLine("batch norm: running statistics measured anew");
        if (pruned.Output is not null) output.WriteLine($"weights: {pruned.Output}");
        if (pruned.Mask is not null) output.WriteLine($"mask: {pruned.Mask}");
        if (pruned.Packed is not null) output.WriteLine($"packed: {pruned.Packed}");
        if (pruned.Training is { } training) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trained: {training.Schedule}, test error {training.Result.Final.GetValueOrDefault("test_error", double.NaN):0.0 %}, in {training.Folder}"));
        if (pruned.Cost is not null) PruneCostTable.Write(console, pruned.Cost);

        void AddRow(string name, long zeros, long numel) => table.AddRow(
            Markup.Escape(name), Text(zeros, "0"), Text(numel, "0"), Text(numel == 0 ? 0 : (double)zeros / numel, "0.0 %"));
    }

    private static string Names(IReadOnlyList<string> names) => string.Join(", ", names);

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
