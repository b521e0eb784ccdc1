namespace Sharpless.Cli.Report;

/// <summary>The places on the page that report.js fills: legend and figures.</summary>
internal static class Figures
{
    /// <summary>The bar that stays in view: the legend and what else selects what is shown.</summary>
    /// <param name="selectors">Further controls, or nothing.</param>
    public static Html Toolbar(Html selectors) => Html.Of($"""
        <div class="toolbar">
        <div class="legend" role="group" aria-label="Shown settings"></div>
        {selectors}
        </div>
        """);

    /// <summary>The choice of the tap that plots with <see cref="Plot.PerTap"/> show.</summary>
    /// <param name="id">Of the group of plots.</param>
    /// <param name="taps">What can be chosen.</param>
    /// <param name="selected">What is chosen first.</param>
    public static Html TapSelector(string id, IReadOnlyList<string> taps, string? selected) => Html.Of($"""
        <fieldset class="taps"><legend>Tap</legend>
        {Html.Lines(taps.Select(tap => Html.Of($"""<label><input type="radio" name="{id}-tap" value="{tap}"{new Html(tap == selected ? " checked" : "")}><span>{tap}</span></label>""")))}
        </fieldset>
        """);

    /// <summary>A heading and the figures below it; nothing where there are none.</summary>
    public static Html Part(string heading, IReadOnlyList<Plot> plots) => plots.Count == 0 ? Html.Empty : Html.Of($"""
        <h3 class="part">{heading}</h3>
        <div class="plots">
        {Html.Lines(plots.Select(Figure))}
        </div>
        """);

    private static Html Figure(Plot plot) => Html.Of($"""
        <figure class="card plot {plot.Kind}" id="{plot.Id}">
        <figcaption><h4>{plot.Title}{(plot.PerTap ? Html.Of($" at <span class=\"tap\"></span>") : Html.Empty)}</h4>{(plot.Note.Length > 0 ? Html.Of($"<p>{plot.Note}</p>") : Html.Empty)}</figcaption>
        <div class="canvas"><canvas role="img" aria-label="{plot.Title}: {plot.Y.Title} by {plot.X.Title}. The numbers follow as a table."></canvas></div>
        <details><summary>Numbers</summary><div class="scroll"><table></table></div></details>
        </figure>
        """);
}
