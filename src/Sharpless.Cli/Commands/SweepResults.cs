using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report;
using Sharpless.Cli.Sweep;
using Sharpless.Training;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>What a sweep came to: a JSON document, or a table with a row for each setting and mean ± standard deviation over its seeds.</summary>
internal static class SweepResults
{
    internal static void Write(Session session, string folder, string report, IReadOnlyList<SweepRun> runs)
    {
        List<(SweepRun Run, TrainResult Result)> results = [.. runs.Select(run => (run, TrainResult.Load(run.Folder)))];
        session.WriteJson(new Dictionary<string, object>
        {
            ["sweep"] = folder,
            ["runs"] = results.Select(item => new Dictionary<string, object>(item.Result.Document) { ["coordinates"] = item.Run.Point.Coordinates }),
            ["report"] = report,
            ["seconds"] = results.Sum(item => item.Result.Seconds),
        });
        if (session.Json) return;
        session.Console.Write(Table(results));
        IReadOnlyList<RunGroup> groups = RunGroup.Of(results.Select(item => RunRecord.Load(item.Result.Run)));
        foreach (RunGroup group in groups.Where(group => group.Settings.Count > 1))
        {
            session.Output.WriteLine($"{group.Title}:");
            foreach (string sentence in Findings.Of(group)) session.Output.WriteLine(sentence);
        }

        session.Output.WriteLine($"report: {report}");
    }

    private static Table Table(List<(SweepRun Run, TrainResult Result)> results)
    {
        string[] axes = [.. results[0].Run.Point.Coordinates.Keys.Where(axis => axis != "seed")];
        // The middle tap, as in the figures of arXiv:2305.16292; the others are in the report.
        string[] ranks = [.. results[0].Result.Final.Keys.Where(column => column.StartsWith("feature_rank.", StringComparison.Ordinal))];
        List<(string Column, string Heading, string Format)> quantities = [("train_loss", "train loss", "0.0000"), ("test_error", "test error", "0.0 %")];
        if (ranks.Length > 0)
        {
            string tap = ranks[(ranks.Length - 1) / 2]["feature_rank.".Length..];
            quantities.AddRange([($"knn_error.{tap}", $"kNN error, {tap}", "0.0 %"), ($"feature_rank.{tap}", $"rank, {tap}", "0")]);
        }

        var table = new Table { Border = TableBorder.Rounded };
        foreach (string heading in axes.Append("n").Concat(quantities.Select(quantity => quantity.Heading))) table.AddColumn(new TableColumn(Markup.Escape(heading)).RightAligned());
        foreach (var setting in results.GroupBy(item => string.Join('\n', axes.Select(axis => item.Run.Point.Coordinates[axis]))))
        {
            List<(SweepRun Run, TrainResult Result)> seeds = [.. setting];
            IEnumerable<string> place = axes.Select(axis => seeds[0].Run.Point.Coordinates[axis]);
            IEnumerable<string> cells = quantities.Select(quantity => Text(Statistic.Of(seeds.Select(item => item.Result.Final.TryGetValue(quantity.Column, out double value) ? value : (double?)null)), quantity.Format));
            table.AddRow([.. place.Append(seeds.Count.ToString(CultureInfo.InvariantCulture)).Concat(cells).Select(Markup.Escape)]);
        }

        return table;
    }

    private static string Text(Statistic? value, string format) => value switch
    {
        null => "",
        { Deviation: { } deviation } => $"{(format.EndsWith('%') ? 100 * value.Mean : value.Mean).ToString(format.TrimEnd(' ', '%'), CultureInfo.InvariantCulture)} ± {deviation.ToString(format, CultureInfo.InvariantCulture)}",
        _ => value.Mean.ToString(format, CultureInfo.InvariantCulture),
    };
}
