using Sharpless.Analysis;
using Sharpless.Cli.Report;
using Sharpless.Cli.Report.TwoLayer;
using Sharpless.Experiments.TwoLayer;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>Results of the two-layer experiments as tables for people.</summary>
internal static class TwoLayerTables
{
    internal static void Write(IAnsiConsole console, TwoLayerRun run)
    {
        IReadOnlyList<Claim> claims = Claim.Of(run);
        foreach (TwoLayerExperiment experiment in run.Options.Experiments())
        {
            console.Write(Finals(run, experiment));
            foreach (Claim claim in claims.Where(claim => claim.Experiment == experiment.Name)) console.WriteLine(ClaimSentence.Of(claim));
        }

        if (claims.Count > 0 && run.Options.Seeds > 1) console.WriteLine(ClaimSentence.Method(claims));
        if (run.Comparisons.Count > 0) console.Write(Published(run));
    }

    // Mean and half the width of its 95 % interval.
    private static Table Finals(TwoLayerRun run, TwoLayerExperiment experiment)
    {
        int seeds = run.Options.Seeds;
        Table table = New($"{experiment.Title}: the last evaluation, {(seeds == 1 ? "n = 1" : $"mean ± 95 % t-interval over n = {seeds} seeds")}", experiment.Symbol, "log10 train loss", "log10 test loss", "rank", "rank, test", "active", "distinct", "log10 norm");
        foreach (double value in experiment.Values)
        {
            StudentMetrics[] finals = [.. run.Of(experiment, value).Select(student => student.Final)];
            table.AddRow(
                Format.Plain(value), Cell(metrics => Math.Log10(metrics.TrainLoss), Unit.Number), Cell(metrics => Math.Log10(metrics.TestLoss), Unit.Number), Cell(metrics => metrics.FeatureRank, Unit.Count),
                Cell(metrics => metrics.TestFeatureRank, Unit.Count), Cell(metrics => metrics.ActiveUnits, Unit.Count), Cell(metrics => metrics.DistinctUnits, Unit.Count), Cell(metrics => Math.Log10(metrics.L2), Unit.Number));

            string Cell(Func<StudentMetrics, double> of, Unit unit)
            {
                Estimate estimate = Estimate.Of([.. finals.Select(of)]);
                return Format.Cell(new Statistic(estimate.Samples, estimate.Mean, double.IsFinite(estimate.Mean) ? estimate.High - estimate.Mean : null), unit);
            }
        }

        return table;
    }

    private static Table Published(TwoLayerRun run)
    {
        Table table = New("published / here, seed 4, update 19,668", "", "train loss", "test loss", "norm", "rank", "active", "distinct", "within", "perturbed within");
        foreach (PublishedComparison comparison in run.Comparisons)
        {
            (PublishedStudent there, StudentMetrics here) = (comparison.Published, comparison.Here);
            table.AddRow(
                $"{there.Experiment} {Format.Plain(there.Value)}", Pair(there.TrainLoss, here.TrainLoss), Pair(there.TestLoss, here.TestLoss), Pair(there.L2, here.L2),
                Pair(there.FeatureRank, here.FeatureRank), Pair(there.ActiveUnits, here.ActiveUnits), Pair(there.DistinctUnits, here.DistinctUnits),
                comparison.Misses.Count == 0 ? "yes" : "no", $"{comparison.Perturbed.Count - comparison.PerturbedMisses} of {comparison.Perturbed.Count}");
        }

        return table;

        static string Pair(double there, double here) => $"{Format.Value(there, Unit.Number)} / {Format.Value(here, Unit.Number)}";
    }

    private static Table New(string title, params string[] columns)
    {
        Table table = new Table().Title(Markup.Escape(title)).Border(TableBorder.Simple);
        for (int i = 0; i < columns.Length; i++) table.AddColumn(new TableColumn(Markup.Escape(columns[i])) { Alignment = i == 0 ? Justify.Left : Justify.Right });
        return table;
    }
}
