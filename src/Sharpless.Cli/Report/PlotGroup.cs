namespace Sharpless.Cli.Report;

/// <summary>Plots that share a legend, as report.js draws them.</summary>
/// <param name="Id">Unique on the page; the element that holds figures and legend carries it.</param>
/// <param name="Settings">What the legend calls the settings, by position; <see cref="Series.Setting"/> counts in it.</param>
/// <param name="Plots">The plots.</param>
internal sealed record PlotGroup(string Id, IReadOnlyList<string> Settings, IReadOnlyList<Plot> Plots);
