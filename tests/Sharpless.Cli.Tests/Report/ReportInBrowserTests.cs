using System.Globalization;
using System.Text.RegularExpressions;
using Sharpless.Cli.Report;

namespace Sharpless.Cli.Tests.Report;

/// <summary>The report as a reader sees it: opened in a real browser.</summary>
public sealed partial class ReportInBrowserTests : IDisposable
{
    /// <summary>Four curves, four plots against ρ, two against the rank, three inside the network.</summary>
    private const int PlotsOfAGroup = 13;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 1400, "#b0c4de", "#191970")]
    [InlineData(true, 420, "#4d6a9c", "#f0f6ff")]
    public void Every_plot_is_drawn_in_both_themes_without_console_messages(bool dark, int width, string smallestRho, string largestRho)
    {
        Chromium.Page page = Open(dark, width, new SyntheticRun(), new SyntheticRun { Seed = 1 }, new SyntheticRun { Rho = 0.1 }, new SyntheticRun { Rho = 0.4 });

        Assert.Empty(page.Console);
        List<int> ink = Ink(page);
        Assert.Equal(PlotsOfAGroup, ink.Count);
        Assert.All(ink, pixels => Assert.True(pixels > 50, $"A plot has only {pixels} coloured pixels; all: {string.Join(", ", ink)}."));
        // The legend shows which colours the theme gave to the smallest and the largest rho.
        Assert.Contains($"stroke=\"{smallestRho}\"", page.Dom, StringComparison.Ordinal);
        Assert.Contains($"stroke=\"{largestRho}\"", page.Dom, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_plot_has_its_numbers_as_a_table()
    {
        Chromium.Page page = Open(dark: false, 1400, new SyntheticRun(), new SyntheticRun { Rho = 0.4 });
        string figure = Figure(page, "g1-feature_rank-rho");
        Assert.Contains("<th scope=\"row\">0.4</th><td>–</td><td>120</td>", figure, StringComparison.Ordinal);
        Assert.Contains("<span class=\"tap\">block2</span>", figure, StringComparison.Ordinal);
        Assert.Equal(PlotsOfAGroup, Regex.Count(page.Dom, "<table><thead>.*?</thead><tbody><tr>"));
    }

    [Fact]
    public void A_single_unfinished_run_without_sam_is_drawn()
    {
        Chromium.Page page = Open(dark: false, 1400, new SyntheticRun { Finished = false });
        Assert.Empty(page.Console);
        Assert.Equal(PlotsOfAGroup - 6, Ink(page).Count(pixels => pixels > 50));
    }

    [Fact]
    public void Densities_units_and_sharpness_are_drawn_where_they_were_measured()
    {
        Chromium.Page page = Open(dark: false, 1400, [.. from rho in new[] { 0, 0.1, 0.4 } from seed in new[] { 0, 1 } select new SyntheticRun { Rho = rho, Seed = seed, Extras = true }]);
        Assert.Empty(page.Console);
        // Over training, against rho and along the depth: density, correlated and active units; over training and against rho: two sharpnesses.
        string[] measured = [.. Regex.Matches(page.Dom, "<figure[^>]*>").Select(match => match.Value)];
        Assert.Equal(PlotsOfAGroup + 3 * 3 + 2 * 2, measured.Length);
        // Of the active units at the selected tap there are none; the depth shows the tap that has them.
        string[] hidden = [.. measured.Where(figure => figure.Contains("hidden", StringComparison.Ordinal))];
        Assert.Equal(["g1-active_units_5p-curve", "g1-active_units_5p-rho"], hidden.Select(figure => Regex.Match(figure, "id=\"(.*?)\"").Groups[1].Value));
        List<int> ink = Ink(page);
        Assert.Equal(measured.Length - hidden.Length, ink.Count(pixels => pixels > 50));
        Assert.Contains("<th scope=\"row\">0.4</th><td>–</td><td>–</td><td>0.00605 ± 7.07e-5</td>", Figure(page, "g1-sharpness_loss_small-rho"), StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">block3</th><td>60</td><td>55</td><td>40</td>", Figure(page, "g1-active_units_5p-depth"), StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">block2</th><td>25 %</td><td>24 %</td><td>21 %</td>", Figure(page, "g1-density-depth"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_ticks_of_a_measured_horizontal_axis_are_even_and_begin_near_its_points()
    {
        Chromium.Page page = Open(dark: false, 1400, new SyntheticRun(), new SyntheticRun { Rho = 0.1 }, new SyntheticRun { Rho = 0.237 });
        // Ranks at block2 are 160, 150 and 136.3.
        double[] ticks = [.. Regex.Match(Figure(page, "g1-test_error-rank"), "data-ticks=\"(.*?)\"").Groups[1].Value.Split(' ').Select(tick => double.Parse(tick, CultureInfo.InvariantCulture))];
        Assert.InRange(ticks[0], 120, 136.3);
        Assert.InRange(ticks[^1], 160, 175);
        Assert.All(ticks.Zip(ticks.Skip(1)), pair => Assert.Equal(ticks[1] - ticks[0], pair.Second - pair.First, 1e-9));
    }

    [Fact]
    public void Names_from_outside_never_become_markup_or_script()
    {
        const string Evil = "</script><script>console.error('broken out')</script><img src=x onerror=console.error('broken')>";
        Chromium.Page page = Open(dark: false, 1400, new SyntheticRun { Dataset = Evil, Taps = ["block1", Evil] }, new SyntheticRun { Dataset = Evil, Taps = ["block1", Evil], Rho = 0.1 });
        Assert.Empty(page.Console);
        Assert.Equal(PlotsOfAGroup, Ink(page).Count(pixels => pixels > 50));
        Assert.DoesNotContain("<img", page.Dom, StringComparison.Ordinal);
    }

    [Fact]
    public void The_browser_test_itself_notices_console_errors_and_refused_loads()
    {
        File.WriteAllText(_folder["broken.html"], "<meta http-equiv=Content-Security-Policy content=\"img-src 'none'\"><script>console.error('seen')</script><img src=x.png>");
        IReadOnlyList<string> console = Chromium.Open(new Uri(_folder["broken.html"]).AbsoluteUri).Console;
        Assert.Contains(console, line => line.Contains("seen", StringComparison.Ordinal));
        Assert.Contains(console, line => line.Contains("Content Security Policy", StringComparison.Ordinal));
    }

    private Chromium.Page Open(bool dark, int width, params SyntheticRun[] runs)
    {
        string report = _folder["report.html"];
        ReportWriter.Write([.. runs.Select((run, number) => run.Write(_folder[$"run{number}"]))], report);
        return Chromium.Open(new Uri(report).AbsoluteUri + "#check", dark, width);
    }

    private static string Figure(Chromium.Page page, string id) => Regex.Match(page.Dom, $"<figure[^>]*id=\"{id}\".*?</figure>", RegexOptions.Singleline).Value;

    // report.js marks each canvas once Chart.js has drawn it and, because of #check, counts the pixels that series coloured.
    private static List<int> Ink(Chromium.Page page) =>
        [.. MarkedCanvas().Matches(page.Dom).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex("<canvas[^>]* data-drawn=\"true\"[^>]* data-ink=\"([0-9]+)\"")]
    private static partial Regex MarkedCanvas();
}
