using System.Globalization;
using System.Text.RegularExpressions;
using Sharpless.Cli.Report.TwoLayer;
using Sharpless.Experiments.TwoLayer;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Report.TwoLayer;

public sealed partial class TwoLayerReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 1400)]
    [InlineData(true, 420)]
    public void Plots_and_patterns_are_drawn_in_both_themes_without_console_messages(bool dark, int width)
    {
        TwoLayerRun run = Run(new TwoLayerOptions { Figures = ["relu", "tanh"], Rho = [0, 0.4], Seeds = 3, Iterations = 140, PerturbedStarts = 0 });
        Chromium.Page page = Open(run, dark, width);
        Assert.Empty(page.Console);
        int[] ink = [.. Ink().Matches(page.Dom).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(7 + 7 + 5, ink.Length);
        Assert.All(ink, pixels => Assert.True(pixels > 50, $"A plot has only {pixels} coloured pixels; all: {string.Join(", ", ink)}."));

        // The slider stands in the middle; each canvas says how many of its cells are lit: SGD's, then SAM's.
        int[] lit = [.. Lit().Matches(page.Dom).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        StudentRun[] students = [.. run.Students.Where(student => student.Seed == 0)];
        Assert.Equal(students.Select(student => student.Patterns[35].IsOn.Cast<bool>().Count(isOn => isOn)), lit);
        Assert.Contains("<output>70</output>", page.Dom, StringComparison.Ordinal);
    }

    [Fact]
    public void Stored_results_stand_beside_ours_with_their_difference_and_the_perturbed_range()
    {
        TwoLayerOptions options = new() { Figures = ["relu"], Rho = [0.4], Seeds = 1, Iterations = 140, PerturbedStarts = 0 };
        PublishedStudent row = PublishedStudent.All.Single(row => row is { Experiment: "relu", Value: 0.4 });
        var here = new StudentMetrics(PublishedStudent.LastEvaluation, row.TrainLoss * 1.01, row.TestLoss, 9, 29, 37, 14, row.L2);
        TwoLayerRun run = Run(options) with { Comparisons = [new PublishedComparison(row, here, [here with { ActiveUnits = 30 }, here with { ActiveUnits = 36 }])] };
        string html = File.ReadAllText(TwoLayerReport.Write(run, _folder["run"]));
        Assert.Contains("1 of 1 stored rows are met", html, StringComparison.Ordinal);
        Assert.Contains("<td>35</td><td>37</td><td>+2</td>", html, StringComparison.Ordinal);
        Assert.Contains("<td>+1.00 %</td>", html, StringComparison.Ordinal);
        Assert.Contains("<td>30 to 36</td>", html, StringComparison.Ordinal);
        Assert.Contains("relu 0.4 (1 of 2 starts that differ by 1e-7 miss a tolerance)", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_one_value_and_a_diverged_one_can_be_shown()
    {
        Chromium.Page page = Open(Run(new TwoLayerOptions { Figures = ["abs"], Rho = [0, 1e6], Seeds = 1, Iterations = 140, PerturbedStarts = 0 }), dark: false, 1400);
        Assert.Empty(page.Console);
        Assert.Contains("Undecided: the feature rank falls with ρ, from each value to the next. One seed cannot tell; run more --seeds.", page.Dom, StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"card patterns\"", Read(new TwoLayerOptions { Figures = ["relu"], Rho = [0.4], Seeds = 1, Iterations = 140, PerturbedStarts = 0 }), StringComparison.Ordinal);
    }

    private TwoLayerRun Run(TwoLayerOptions options) => TwoLayerFolder.Run(options, new TrainPlace { Folder = _folder["run"] }, threads: 2);

    private string Read(TwoLayerOptions options) =>
        File.ReadAllText(TwoLayerReport.Write(TwoLayerFolder.Run(options, new TrainPlace { Folder = _folder["other"] }, threads: 2), _folder["other"]));

    private Chromium.Page Open(TwoLayerRun run, bool dark, int width) => Chromium.Open(new Uri(Path.GetFullPath(TwoLayerReport.Write(run, _folder["run"]))).AbsoluteUri + "#check", dark, width);

    [GeneratedRegex("data-ink=\"(\\d+)\"")]
    private static partial Regex Ink();

    [GeneratedRegex("data-on=\"(\\d+)\"")]
    private static partial Regex Lit();
}
