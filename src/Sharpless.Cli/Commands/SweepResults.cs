using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report;
using Sharpless.Cli.Sweep;
using Sharpless.Training;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>What a sweep came to: a JSON document, or a table with a row for each setting and mean ± standard deviation over its seeds.</summary>
internal sealed class SweepResults(string folder, string report, IReadOnlyList<SweepRun> finished)
{
    private readonly List<(SweepRun Run, TrainResult Result)> _results = [.. finished.Select(run => (run, TrainResult.Load(run.Folder)))];

    internal Dictionary<string, object?> Document => new()
    {
        ["sweep"] = folder,
        ["runs"] = _results.Select(item => new Dictionary<string, object?>(item.Result.Document) { ["coordinates"] = item.Run.Point.Coordinates }),
        ["diverged"] = _results.Count(item => item.Result.Divergence is not null),
        ["report"] = report,
        ["seconds"] = _results.Sum(item => item.Result.Seconds),
    };

    /// <summary>Why the sweep failed although the others of its runs are there; null where all came to something.</summary>
    /// <param name="failures">Runs that did not end, and what they said last.</param>
    /// <param name="total">Number of runs.</param>
    internal FailureException? Failure(IReadOnlyList<(string Name, string Text)> failures, int total)
    {
        List<(SweepRun Run, TrainResult Result)> diverged = _results.FindAll(item => item.Result.Divergence is not null);
        if (failures.Count + diverged.Count == 0) return null;
        List<string> parts = [];
        if (failures.Count > 0) parts.Add($"{failures.Count} of {total} runs failed; the first, '{failures[0].Name}': {failures[0].Text}");
        if (diverged.Count > 0) parts.Add($"{diverged.Count} of {total} runs diverged; the first, '{diverged[0].Run.Point.Name}': {diverged[0].Result.Divergence}");
        return new FailureException(
            string.Join(" ", parts),
            failures.Count > 0
                ? "Each run's log.txt is in its folder. The same command starts the failed ones again."
                : "A smaller --lr-max or --sam-rho helps. The other runs are finished, and the report shows all.");
    }

    internal void Print(Session session)
    {
        if (_results.Count == 0) return;
        session.Console.Write(Table(_results));
        IReadOnlyList<RunGroup> groups = RunGroup.Of(_results.Select(item => RunRecord.Load(item.Result.Run)));
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
        bool skips = results.Exists(item => Skipped(item.Result) > 0), diverges = results.Exists(item => item.Result.Divergence is not null);
        IEnumerable<string> further = [.. skips ? ["skipped steps"] : Array.Empty<string>(), .. diverges ? ["diverged"] : Array.Empty<string>()];
        foreach (string heading in axes.Append("n").Concat(quantities.Select(quantity => quantity.Heading)).Concat(further)) table.AddColumn(new TableColumn(Markup.Escape(heading)).RightAligned());
        foreach (var setting in results.GroupBy(item => string.Join('\n', axes.Select(axis => item.Run.Point.Coordinates[axis]))))
        {
            List<(SweepRun Run, TrainResult Result)> seeds = [.. setting];
            IEnumerable<string> place = axes.Select(axis => seeds[0].Run.Point.Coordinates[axis]);
            IEnumerable<string> cells = quantities.Select(quantity => Text(Statistic.Of(seeds.Select(item => item.Result.Final.TryGetValue(quantity.Column, out double value) ? value : (double?)null)), quantity.Format));
            if (skips) cells = cells.Append(string.Create(CultureInfo.InvariantCulture, $"{seeds.Sum(item => Skipped(item.Result)):0} of {seeds.Sum(item => item.Result.Steps)}"));
            if (diverges) cells = cells.Append($"{seeds.Count(item => item.Result.Divergence is not null)} of {seeds.Count}");
            table.AddRow([.. place.Append(seeds.Count.ToString(CultureInfo.InvariantCulture)).Concat(cells).Select(Markup.Escape)]);
        }

        return table;
    }

    private static double Skipped(TrainResult result) => result.Final.GetValueOrDefault("skipped_steps");

    private static string Text(Statistic? value, string format) => value switch
    {
        null => "",
        { Deviation: { } deviation } => $"{(format.EndsWith('%') ? 100 * value.Mean : value.Mean).ToString(format.TrimEnd(' ', '%'), CultureInfo.InvariantCulture)} ± {deviation.ToString(format, CultureInfo.InvariantCulture)}",
        _ => value.Mean.ToString(format, CultureInfo.InvariantCulture),
    };
}
