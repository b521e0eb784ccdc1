namespace Sharpless.Cli.Report;

/// <summary>A piece of the page: its HTML, and the plots that report.js draws in it.</summary>
/// <param name="Html">The section.</param>
/// <param name="Groups">Its plots; each group's identifier is the one of an element in <paramref name="Html"/>.</param>
internal sealed record PageSection(Html Html, IReadOnlyList<PlotGroup> Groups)
{
    /// <summary>A heading, what the numbers show, and whatever follows.</summary>
    public static Html Frame(string heading, IEnumerable<string> findings, params IEnumerable<Html> parts) => Html.Of($"""
        <section class="group">
        <h2>{heading}</h2>
        <div class="card findings"><h3>What this shows</h3>
        {Html.Each(findings, sentence => $"<p>{sentence}</p>")}
        </div>
        {Html.Lines(parts)}
        </section>
        """);

    /// <summary>The figures of a group under a heading, with the legend where there is more than one setting.</summary>
    public static Html FiguresOf(PlotGroup group, string heading, Html source) => group.Plots.Count == 0 ? Html.Empty : Html.Of($"""
        <div id="{group.Id}">
        {(group.Settings.Count > 1 ? Figures.Toolbar(Html.Empty) : Html.Empty)}
        {Figures.Part(heading, group.Plots)}
        {source}
        </div>
        """);

    /// <summary>A table in a card, with where its numbers come from below.</summary>
    public static Html Table(string caption, Html head, IEnumerable<Html> rows, Html source) => Html.Of($"""
        <figure class="card table">
        <figcaption>{caption}</figcaption>
        <div class="scroll"><table>
        <thead>{head}</thead>
        <tbody>
        {Html.Lines(rows)}
        </tbody>
        </table></div>
        {source}
        </figure>
        """);
}
