namespace Sharpless.Cli.Report.Contrastive;

/// <summary>Runs that can be compared: everything is equal but one option and the seed.</summary>
/// <param name="Variable">What differs: ρ or the bottleneck.</param>
/// <param name="Title">What tells this group from the others.</param>
/// <param name="Settings">In growing order of the variable.</param>
internal sealed record ContrastiveGroup(string Variable, string Title, IReadOnlyList<ContrastiveSetting> Settings)
{
    /// <summary>All runs.</summary>
    public IEnumerable<ContrastiveRecord> Records => Settings.SelectMany(setting => setting.Runs);

    /// <summary>The groups by ρ, then those by bottleneck that have more than one size. A run may be in one of each.</summary>
    public static IReadOnlyList<ContrastiveGroup> Of(IReadOnlyList<ContrastiveRecord> records) =>
    [
        .. By(records, ContrastiveRecord.RhoOption, "ρ", record => record.Rho, Format.Plain),
        .. By(records, ContrastiveRecord.BottleneckOption, "bottleneck", record => record.Bottleneck, units => double.IsInfinity(units) ? "none" : Format.Plain(units)).Where(group => group.Settings.Count > 1),
    ];

    private static IEnumerable<ContrastiveGroup> By(IReadOnlyList<ContrastiveRecord> records, string option, string variable, Func<ContrastiveRecord, double> value, Func<double, string> text)
    {
        List<IGrouping<string, ContrastiveRecord>> groups = [.. records.GroupBy(record => RunGroup.Key(record.Run, option))];
        string[] differing = [.. RunGroup.Differing([.. groups.Select(group => group.First().Run)], option)];
        return groups.Select(group => new ContrastiveGroup(
            variable,
            string.Join(" · ", differing.Select(name => $"{name} {group.First().Run.Configuration.Options.GetValueOrDefault(name, "unset")}").Prepend($"Against {variable}")),
            [.. group.GroupBy(value).OrderBy(runs => runs.Key).Select(runs => new ContrastiveSetting(text(runs.Key), $"{variable} = {text(runs.Key)}", [.. runs.OrderBy(record => record.Run.Seed)]))]));
    }
}
