namespace Sharpless.Cli.Report;

/// <summary>The section of a group: findings, table, plots, runs.</summary>
internal sealed class GroupSection
{
    private readonly RunGroup _group;
    private readonly string _id;
    private readonly string _folder;
    private readonly (string Heading, IReadOnlyList<Plot> Plots)[] _parts;

    /// <param name="group">The runs.</param>
    /// <param name="id">Unique on the page.</param>
    /// <param name="folder">Folder of the report.</param>
    public GroupSection(RunGroup group, string id, string folder)
    {
        (_group, _id, _folder) = (group, id, folder);
        _parts =
        [
            ("Over training", [.. Plots.OverTraining(group, id)]),
            ("Final values against ρ", [.. Plots.AgainstRho(group, id)]),
            ("Rank and errors", [.. Plots.AgainstRank(group, id)]),
            ("Inside the network", [.. Plots.InsideTheNetwork(group, id)]),
        ];
    }

    /// <summary>What report.js draws in this section.</summary>
    public PlotGroup Drawn => new(_id, [.. _group.Settings.Select(setting => setting.Name)], [.. _parts.SelectMany(part => part.Plots)]);

    /// <summary>The section as HTML.</summary>
    public Html Render() => Html.Of($"""
        <section class="group" id="{_id}">
        <h2>{_group.Title}</h2>
        <div class="card findings"><h3>What this shows</h3>
        {Html.Each(Findings.Of(_group), sentence => $"<p>{sentence}</p>")}
        </div>
        {SummaryTables.Render(_group)}
        {PublishedResults.Render(_group)}
        {Figures.Toolbar(_group.Taps.Count > 0 ? Figures.TapSelector(_id, _group.Taps, _group.IntermediateTap) : Html.Empty)}
        {Html.Lines(_parts.Select(part => Figures.Part(part.Heading, part.Plots)))}
        {new RunTables(_group, _folder).Render()}
        </section>
        """);
}
