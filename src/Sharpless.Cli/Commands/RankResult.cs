using System.Globalization;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>What <c>sharpless rank</c> found at one tap; null for what was not asked for.</summary>
internal sealed record TapFeatures(string Tap, FeatureSpectrum Spectrum, ActiveUnits? ActiveUnits, ActivationDensity? Density);

/// <summary>What <c>sharpless rank</c> found, for scripts and for people.</summary>
internal sealed record RankResult
{
    /// <summary>Shares of the variance to explain.</summary>
    internal required IReadOnlyList<double> Thresholds { get; init; }

    internal required Centering Centering { get; init; }

    internal required IReadOnlyList<TapFeatures> Taps { get; init; }

    /// <summary>What of the file was passed over, for JSON; empty for nothing.</summary>
    internal IReadOnlyList<object> PassedOver { get; init; } = [];

    /// <summary>Null where it was not asked for.</summary>
    internal GradientMatrix? Gradients { get; init; }

    /// <summary>Whether the JSON document lists the singular values.</summary>
    internal bool ListsSingularValues { get; init; } = true;

    /// <summary>Whether features without any variance have the rank min(N, P) + 1 that the published code gives them, instead of 0.</summary>
    internal bool CountsNothingAsPublished { get; init; }

    /// <summary>The JSON document; keys of what was not asked for are absent.</summary>
    internal IReadOnlyDictionary<string, object> Document
    {
        get
        {
            var document = new Dictionary<string, object> { ["taps"] = Taps.Select(OfTap) };
            if (PassedOver.Count > 0) document["passed_over"] = PassedOver;
            if (Gradients is not null) document["gradient_matrix"] = OfGradients(Gradients);
            return document;
        }
    }

    /// <summary>Tables for people.</summary>
    internal void Print(Session session)
    {
        Write(
            session, ["tap", "examples", "dimensions", .. Thresholds.Select(share => $"rank {Text(share)}"), "effective rank", "stable rank"],
            Taps.Select(item => RankCells(item.Tap, item.Spectrum)));
        if (Taps.Any(item => item.Spectrum.IsPartial)) session.Output.WriteLine("effective rank: not known where --rank-only left the spectrum unfinished");
        session.Output.WriteLine($"centering: {CenteringName}{(Centering == Centering.Example ? " (as published; textbook principal components: --center feature)" : "")}");
        if (Taps.Any(item => item.ActiveUnits is not null))
        {
            Write(
                session, ["tap", "units", .. ActiveUnits.Shares.Select(share => $"active on > {Percent(share)}"), "density"],
                Taps.Select(item => item.ActiveUnits!).Zip(Taps, (units, item) => (string[])[item.Tap, Text(units.Units), .. units.Counts.Values.Select(count => Text(count)), Percent(units.Density)]));
            session.Output.WriteLine($"active: above {Percent(ActiveUnits.ShareOfLargest)} of the largest activation at the tap");
        }

        if (Taps.Any(item => item.Density is not null))
        {
            Write(
                session, ["tap", "density", "density of distinct units", "correlated units", "of them dead", "of units"],
                Taps.Select(item => item.Density!).Zip(Taps, (density, item) => (string[])[item.Tap, Percent(density.Density), Percent(density.DistinctDensity), Text(density.CorrelatedUnits), Text(density.DeadUnits), Text(density.SampledUnits)]));
            session.Output.WriteLine("density: share of activations above 0 (the published code calls it sparsity)");
        }

        if (Gradients is not null)
        {
            string ranks = string.Join(", ", Thresholds.Select(share => $"{Text(Gradients.Spectrum.FeatureRank(share))} ({Text(share)})"));
            session.Output.WriteLine($"gradients of {Gradients.Examples} examples in {Gradients.Coordinates} weights: rank {ranks}, Frobenius norm {Gradients.Frobenius.ToString("G4", CultureInfo.InvariantCulture)}");
        }
    }

    private Dictionary<string, object> OfTap(TapFeatures item)
    {
        var document = new Dictionary<string, object>
        {
            ["tap"] = item.Tap,
            ["examples"] = item.Spectrum.Examples,
            ["dimensions"] = item.Spectrum.Dimensions,
            ["centering"] = CenteringName,
            ["rank"] = Ranks(item.Spectrum),
            ["stable_rank"] = item.Spectrum.StableRank(),
            ["total_variance"] = item.Spectrum.TotalVariance,
        };
        if (item.Spectrum.IsPartial) document["partial"] = true;
        else document["effective_rank"] = item.Spectrum.EffectiveRank();
        if (item.ActiveUnits is { } units)
            document["active_units"] = new { units.Threshold, units.Density, Units = units.Counts.ToDictionary(count => Text(count.Key), count => count.Value) };
        if (item.Density is { } density)
            document["density"] = new { density.Density, density.DistinctDensity, density.CorrelatedUnits, density.DeadUnits, density.SampledUnits };
        if (ListsSingularValues) document["singular_values"] = item.Spectrum.SingularValues;
        return document;
    }

    private object OfGradients(GradientMatrix gradients) =>
        new { gradients.Examples, gradients.Coordinates, Rank = Ranks(gradients.Spectrum), gradients.Frobenius, gradients.Spectrum.SingularValues };

    private Dictionary<string, int> Ranks(FeatureSpectrum spectrum) => Thresholds.ToDictionary(share => Text(share), share => RankOf(spectrum, share));

    /// <summary>The rank of a spectrum as this command counts it.</summary>
    internal int RankOf(FeatureSpectrum spectrum, double share) =>
        CountsNothingAsPublished && spectrum.TotalVariance == 0 ? spectrum.SingularValues.Length + 1 : spectrum.FeatureRank(share);

    private string[] RankCells(string tap, FeatureSpectrum spectrum) =>
    [
        tap, Text(spectrum.Examples), Text(spectrum.Dimensions), .. Thresholds.Select(share => Text(RankOf(spectrum, share))),
        spectrum.IsPartial ? "" : spectrum.EffectiveRank().ToString("0.0", CultureInfo.InvariantCulture), spectrum.StableRank().ToString("0.00", CultureInfo.InvariantCulture),
    ];

    // One row for each tap; where such rows are wider than the console, one column for each, in as many tables as it
    // takes, so that no number is cut.
    private static void Write(Session session, IReadOnlyList<string> headings, IEnumerable<string[]> rows)
    {
        string[][] lines = [[.. headings], .. rows];
        int room = session.Console.Profile.Width;
        if (1 + Enumerable.Range(0, headings.Count).Sum(column => Width(lines.Select(line => line[column]))) <= room)
        {
            WriteTable(session, lines);
            return;
        }

        List<string[]> columns = [lines[0]];
        foreach (string[] line in lines.Skip(1))
        {
            if (columns.Count > 1 && 1 + columns.Append(line).Sum(Width) > room)
            {
                WriteColumns();
                columns = [lines[0]];
            }

            columns.Add(line);
        }

        WriteColumns();

        static int Width(IEnumerable<string> cells) => cells.Max(cell => cell.Length) + 3;

        void WriteColumns() =>
            WriteTable(session, [.. Enumerable.Range(0, headings.Count)
                .Select(row => columns.Select(column => column[row]).ToArray())]);
    }

    private static void WriteTable(Session session, string[][] lines)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn(Markup.Escape(lines[0][0]));
        foreach (string heading in lines[0].Skip(1))
            table.AddColumn(new TableColumn(Markup.Escape(heading)).RightAligned());
        foreach (string[] line in lines.Skip(1)) table.AddRow([.. line.Select(Markup.Escape)]);
        session.Console.Write(table);
    }

    private string CenteringName => Centering.ToString().ToLowerInvariant();

    private static string Percent(double share) => share.ToString("0.## %", CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
