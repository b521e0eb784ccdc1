using Sharpless.Training;

namespace Sharpless.Cli.Report;

/// <summary>Runs that can be compared: everything is equal but ρ and the seed.</summary>
internal sealed record RunGroup
{
    private const string Radius = "sam-rho";

    /// <summary>Options that say where a run lies and how it is shown, not what is computed.</summary>
    private static readonly HashSet<string> NotCompared =
        ["seed", "out", "resume", "json", "verbose", "dry-run", "exp-name", "data-dir", "memory-limit", "checkpoint-every"];

    /// <summary>Data set, model and whatever tells this group from the others of the report.</summary>
    public required string Title { get; init; }

    /// <summary>One per ρ, in growing order.</summary>
    public required IReadOnlyList<Setting> Settings { get; init; }

    /// <summary>Names of the taps that were measured, from input to output.</summary>
    public required IReadOnlyList<string> Taps { get; init; }

    /// <summary>The tap to look at first: the middle one of the network, as in the figures of arXiv:2305.16292; of the measured ones where that was not measured.</summary>
    public string? IntermediateTap => new[] { Settings[0].Runs[0].Configuration.Taps, Taps }.Select(Middle).FirstOrDefault(tap => tap is not null && Taps.Contains(tap));

    /// <summary>Data set of the nearest-neighbour errors; null where the runs do not name it.</summary>
    public string? NeighbourDataSet => Runs.Select(run => run.Configuration.Data.GetValueOrDefault("knn_dataset")).FirstOrDefault(name => name is not null);

    /// <summary>Name of a quantity, with the data set that it is measured on where that is a matter of choice.</summary>
    public string NameOf(Quantity quantity) =>
        NeighbourDataSet is { } name && (quantity == Quantity.KnnError || quantity == Quantity.CentroidError) ? $"{quantity.Name} on {name}" : quantity.Name;

    /// <summary>All runs: by ρ, then by seed.</summary>
    public IEnumerable<RunRecord> Runs => Settings.SelectMany(setting => setting.Runs);

    /// <summary>Groups runs, keeping the order in which the groups first appear.</summary>
    public static IReadOnlyList<RunGroup> Of(IEnumerable<RunRecord> runs)
    {
        List<IGrouping<string, RunRecord>> groups = [.. runs.GroupBy(run => Key(run, Radius))];
        string[] differing = [.. Differing([.. groups.Select(group => group.First())], Radius)];
        return [.. groups.Select(group => new RunGroup
        {
            Title = TitleOf(group.First(), differing),
            Settings = SettingsOf(group),
            Taps = [.. group.First().Configuration.Taps.Where(tap => group.Any(run => IsMeasured(run, tap)))],
        })];
    }

    /// <summary>What a run has in common with those that it can be compared with.</summary>
    /// <param name="run">The run.</param>
    /// <param name="varied">The option that may differ, beside the seed.</param>
    public static string Key(RunRecord run, string varied) =>
        run.Configuration.Command + "\n" + string.Join('\n', Compared(run, varied).OrderBy(option => option.Key, StringComparer.Ordinal)
            .Select(option => $"{option.Key}={option.Value}").Append(string.Join(',', run.Configuration.Taps)));

    /// <summary>Options in which runs differ, but for the seed and one other.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="varied">The other one.</param>
    public static IEnumerable<string> Differing(IReadOnlyList<RunRecord> runs, string varied) =>
        runs.SelectMany(run => Compared(run, varied)).Select(option => option.Key).Distinct()
            .Where(name => runs.Select(run => run.Configuration.Options.GetValueOrDefault(name, "")).Distinct().Count() > 1);

    private static Setting[] SettingsOf(IEnumerable<RunRecord> runs) =>
        [.. runs.GroupBy(run => run.Rho).OrderBy(group => group.Key).Select(group => new Setting(group.Key, [.. group.OrderBy(run => run.Seed)]))];

    private static string? Middle(IReadOnlyList<string> taps) => taps.Count == 0 ? null : taps[(taps.Count - 1) / 2];

    private static bool IsMeasured(RunRecord run, string tap) =>
        Quantity.OfTheTaps.Any(quantity => run.Latest(quantity.At(tap)) is not null) || run.Spectra?.SingularValues.ContainsKey(tap) == true;

    private static IEnumerable<KeyValuePair<string, string>> Compared(RunRecord run, string varied) =>
        run.Configuration.Options.Where(option => option.Key != varied && !NotCompared.Contains(option.Key));

    private static string TitleOf(RunRecord run, string[] differing)
    {
        IReadOnlyDictionary<string, string> options = run.Configuration.Options;
        var parts = new List<string>();
        if (options.GetValueOrDefault("dataset", run.Configuration.Data.GetValueOrDefault("name", "")) is { Length: > 0 } data) parts.Add(data);
        if (options.GetValueOrDefault("model", "") is { Length: > 0 } model) parts.Add(model);
        if (options.GetValueOrDefault("model-width", "") is { Length: > 0 } width) parts.Add($"width {width}");
        parts.AddRange(differing.Except(["dataset", "model", "model-width"]).Select(name => $"{name} {options.GetValueOrDefault(name, "unset")}"));
        return parts.Count > 0 ? string.Join(" · ", parts) : run.Configuration.Command;
    }
}
