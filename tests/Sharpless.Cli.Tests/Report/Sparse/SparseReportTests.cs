using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sharpless.Cli.Report.Sparse;

namespace Sharpless.Cli.Tests.Report.Sparse;

public sealed partial class SparseReportTests : IDisposable
{
    /// <summary>Arms on both measures, validation of both sides, four panels of the grid, the scan, two of the theory check.</summary>
    private const int AllPlots = 2 + 2 + 4 + 1 + 2;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 1400)]
    [InlineData(true, 420)]
    public void Every_plot_is_drawn_in_both_themes_without_console_messages(bool dark, int width)
    {
        Chromium.Page page = Open(new SyntheticSparseRun(), dark, width);
        Assert.Empty(page.Console);
        AssertDrawn(AllPlots, page);
        // The same numbers follow each plot as a table.
        Assert.Equal(AllPlots, Regex.Count(page.Dom, "<table><thead>(?:(?!</table>).)*</thead><tbody><tr><th scope=\"row\">(?:(?!</table>).)*</tbody></table></div></details>"));
        Assert.Contains("<th scope=\"row\">pruned</th><td>93.86 %</td><td>85.7 % ± 0.32 %</td><td>86.7 % ± 0.32 %</td>", Figure(page, "exercise1-arms-share"), StringComparison.Ordinal);
    }

    [Fact]
    public void One_seed_is_drawn_without_spread()
    {
        Chromium.Page page = Open(new SyntheticSparseRun { Seeds = 1 });
        Assert.Empty(page.Console);
        AssertDrawn(AllPlots, page);
        Assert.DoesNotContain("±", Figure(page, "exercise1-arms-all").Split("<table>")[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false, false, false, 4)]
    [InlineData(false, true, false, false, 4)]
    [InlineData(false, false, true, false, 1)]
    [InlineData(false, false, false, true, 2)]
    public void A_run_shows_the_parts_that_it_has(bool exercise, bool grid, bool sensitivity, bool theory, int plots)
    {
        string html = Read(new SyntheticSparseRun { Exercise = exercise, Grid = grid, Sensitivity = sensitivity, Theory = theory });
        Assert.Equal(plots, Regex.Count(html, "<canvas role"));
        Assert.Equal(2, Regex.Count(html, "<section"));
    }

    [Fact]
    public void A_torn_line_and_diverged_accuracies_are_told_and_drawn_around()
    {
        JsonObject? Spoil(JsonObject cell)
        {
            if ((int)cell["seed"]! == 1 && (string?)cell["arm"] == "sam") (cell["test_accuracy"], cell["test_accuracy_all"]) = ("NaN", "NaN");
            if ((string?)cell["kind"] == "exercise") cell["validation_accuracy"] = new JsonArray(0.9, "NaN", 0.95);
            return cell;
        }
        string folder = new SyntheticSparseRun { Change = Spoil }.Write(_folder["run"]);
        File.AppendAllText(Path.Combine(folder, "cells.jsonl"), "{\"kind\":");
        SparseReport.Write(folder, _folder["report.html"]);
        Chromium.Page page = Chromium.Open(new Uri(_folder["report.html"]).AbsoluteUri + "#check");
        Assert.Empty(page.Console);
        AssertDrawn(AllPlots, page);
        Assert.Contains("The last line of cells.jsonl is torn", page.Dom, StringComparison.Ordinal);
        Assert.Contains("not finite", page.Dom, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_outside_never_become_markup_or_script()
    {
        const string Evil = "</script><script>console.error('broken out')</script><img src=x onerror=console.error('broken')>";
        Chromium.Page page = Open(new SyntheticSparseRun
        {
            Dataset = Evil, Tensors = [Evil, "b"], Faults = [Evil],
            Change = cell => { if ((string?)cell["arm"] == "sam") cell["scope"] = Evil; return cell; },
        });
        Assert.Empty(page.Console);
        Assert.DoesNotContain("<img", page.Dom, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_sets_honest_published_and_notebook_side_by_side()
    {
        string html = Read(new SyntheticSparseRun());
        // Each side: n, the published share, all images, against pruned, zeros at the end.
        Assert.Contains(
            "<tr><th scope=\"row\">SAM</th>"
            + "<td class=\"side\">5</td><td>95.70 ± 0.32</td><td>95.40 ± 0.32</td><td>+9.00 [+9.00, +9.00]</td><td>50.00</td>\n"
            + "<td class=\"side\">5</td><td>95.70 ± 0.32</td><td>95.40 ± 0.32</td><td>+10.00 [+10.00, +10.00]</td><td>0.10</td><td class=\"side\">97.58</td></tr>",
            html, StringComparison.Ordinal);
        Assert.Contains("1 run, other widths", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_grid_has_mean_deviation_and_n_in_every_cell() =>
        Assert.Contains("<th scope=\"row\">90 %</th><td>–</td><td>87.79 ± 0.32 (5)</td><td>88.81 ± ", Read(new SyntheticSparseRun()).Split("equal compute: test accuracy on")[^1], StringComparison.Ordinal);

    [Fact]
    public void The_dense_network_stands_in_every_table_of_the_grid()
    {
        // Twice each, at equal epochs and at equal compute: the one trained with SGD, the one trained with SAM.
        string html = Read(new SyntheticSparseRun());
        Assert.Equal((2, 2), (Count("97.00"), Count("97.50")));

        int Count(string accuracy) => Regex.Count(html, $"<th scope=\"row\">0 %</th><td>{accuracy} ± 0.00 \\(5\\)</td>");
    }

    [Fact]
    public void Each_table_and_figure_names_seeds_commit_device_and_versions_and_links_the_cells()
    {
        string html = Read(new SyntheticSparseRun { Theory = false });
        const string Source = "n = 5 seeds (0, 1, 2, 3, 4); ± is the sample standard deviation over them. Sharpless 0.1.0 · commit abc1234 · device cpu · libtorch 1.13.1 · raw data: <a href=\"./run/cells.jsonl\">cells.jsonl</a>";
        // One table and two rows of figures of the exercise, four tables and one row of the grid, one of each of the scan.
        Assert.Equal(3 + 5 + 2, Regex.Count(html, Regex.Escape(Source)));
    }

    [Fact]
    public void The_page_loads_nothing_and_lets_only_its_own_script_run()
    {
        string ours = Read(new SyntheticSparseRun()).Replace(Cli.Report.Assets.ChartJs, "", StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i) src=|<link|@import|url\\(|https?://(?!www\\.w3\\.org/2000/svg)", ours);
    }

    private string Read(SyntheticSparseRun run)
    {
        SparseReport.Write(run.Write(_folder["run"]), _folder["report.html"]);
        return WebUtility.HtmlDecode(File.ReadAllText(_folder["report.html"]));
    }

    private Chromium.Page Open(SyntheticSparseRun run, bool dark = false, int width = 1400)
    {
        SparseReport.Write(run.Write(_folder["run"]), _folder["report.html"]);
        return Chromium.Open(new Uri(_folder["report.html"]).AbsoluteUri + "#check", dark, width);
    }

    private static string Figure(Chromium.Page page, string id) => Regex.Match(page.Dom, $"<figure[^>]*id=\"{id}\".*?</figure>", RegexOptions.Singleline).Value;

    private static void AssertDrawn(int plots, Chromium.Page page)
    {
        int[] ink = [.. MarkedCanvas().Matches(page.Dom).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(plots, ink.Length);
        Assert.All(ink, pixels => Assert.True(pixels > 50, $"A plot has only {pixels} coloured pixels; all: {string.Join(", ", ink)}."));
    }

    [GeneratedRegex("<canvas[^>]* data-drawn=\"true\"[^>]* data-ink=\"([0-9]+)\"")]
    private static partial Regex MarkedCanvas();
}
