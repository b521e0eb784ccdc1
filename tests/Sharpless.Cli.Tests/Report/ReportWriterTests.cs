using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sharpless.Cli.Report;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Report;

public sealed class ReportWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_page_loads_nothing_and_lets_only_its_own_script_run()
    {
        string html = Write(new SyntheticRun());
        string ours = html.Replace(Assets.ChartJs, "", StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i) src=|<link|@import|url\\(|https?://(?!www\\.w3\\.org/2000/svg)", ours);
        Assert.Contains("default-src 'none'; script-src 'sha256-", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_chart_library_is_the_published_one_and_its_licences_are_in_the_page()
    {
        string html = Write(new SyntheticRun());
        Match library = Regex.Match(
            html,
            @"<script>/\*!\n(.*?)\*/\n(/\*!\n \* Chart\.js v3\.9\.1\n.*?)</script>",
            RegexOptions.Singleline
        );
        // Of dist/chart.min.js in npm's chart.js@3.9.1.
        Assert.Equal(
            "fbc45926e6b46845a0f905552a0e0b1331049bff1115ecf94dbe0904d895e710",
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(library.Groups[2].Value)))
        );
        string licences = library.Groups[1].Value;
        Assert.Contains("Copyright (c) 2014-2022 Chart.js Contributors", licences, StringComparison.Ordinal);
        Assert.Contains("Copyright (c) 2018-2021 Jukka Kurkela", licences, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(licences, "this permission notice shall be included"));
    }

    [Fact]
    public void Raw_data_is_linked_relative_to_the_report()
    {
        string html = Write(new SyntheticRun());
        foreach (string file in new[] { "config.json", "metrics.csv", "result.json", "spectra/iteration-00000060.npz" })
            Assert.Contains($"href=\"./run%200/{file}\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_are_aggregated_over_seeds()
    {
        string html = Write(new SyntheticRun { Seed = 0 }, new SyntheticRun { Seed = 1 }, new SyntheticRun { Seed = 2 });
        // Seeds add 0, 1, 2 to a rank of 160: mean 161, sample standard deviation 1.
        Assert.Contains("<tr><th scope=\"row\">0</th><td>3</td><td>161.0 ± 1.0</td>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_that_differ_in_more_than_rho_and_seed_get_sections_of_their_own()
    {
        string html = Write(new SyntheticRun(), new SyntheticRun { Rho = 0.1, Seed = 1 }, new SyntheticRun { Width = 16 });
        Assert.Equal(2, Regex.Count(html, "<section"));
        Assert.Contains("<h2>fashion_mnist · resnet18 · width 16</h2>", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block3", "block1", "block2", "block3", "block4", "block5")]
    [InlineData("only", "only")]
    public void The_tap_selected_first_is_the_middle_one(string expected, params string[] taps) =>
        Assert.Contains($"value=\"{expected}\" checked>", Write(new SyntheticRun { Taps = taps }), StringComparison.Ordinal);

    [Fact]
    public void The_published_values_stand_beside_runs_of_the_paper_s_setting_and_no_others()
    {
        var minimal = new Dictionary<string, object> { ["batch-size"] = 256, ["epochs"] = 200, ["lr-max"] = 0.05, ["lr-schedule"] = "constant", ["momentum"] = 0, ["l2-reg"] = 0 };
        var paper = new SyntheticRun { Dataset = "cifar100", Width = 64, Rho = 0.2, Options = minimal };
        string html = Write(paper);
        // arXiv:2305.16292, C100 minimal, rho 0.2: rank 3435; the synthetic rank at block3 is 160.
        Assert.Matches(@"<th scope=""row"">0\.2</th><td>1</td>.*<td>29\.31 / 10\.2\d*</td><td>3435 / 160</td>", html);
        Assert.Contains("3410", Write(paper with { Rho = 0 }).Replace("34.10", "3410", StringComparison.Ordinal), StringComparison.Ordinal);
        string[] others =
        [
            Write(new SyntheticRun()), Write(paper with { Width = 32 }), Write(paper with { Dataset = "fashion_mnist" }),
            Write(paper with { Options = new Dictionary<string, object>(minimal) { ["momentum"] = 0.9 } }),
        ];
        Assert.All(others, other => Assert.DoesNotContain("class=\"published\"", other, StringComparison.Ordinal));
    }

    [Fact]
    public void The_data_set_of_the_neighbours_is_named_and_only_the_published_one_stands_beside_the_published_error()
    {
        var minimal = new Dictionary<string, object> { ["batch-size"] = 256, ["epochs"] = 200, ["lr-max"] = 0.05, ["lr-schedule"] = "constant", ["momentum"] = 0, ["l2-reg"] = 0 };
        var paper = new SyntheticRun { Dataset = "cifar100", Width = 64, Rho = 0.2, Options = minimal };
        // arXiv:2305.16292, C100 minimal, rho 0.2: 24.75 % on CIFAR-10; the synthetic error is 20.25 %.
        Assert.Matches(@"<td>24\.75 / 20\.\d+</td></tr>", Write(paper with { NeighbourDataSet = "cifar10" }));
        foreach (string? other in new[] { null, "cifar100" }) Assert.Matches(@"<td>24\.75 / –</td></tr>", Write(paper with { NeighbourDataSet = other }));

        string named = Write(paper with { NeighbourDataSet = "cifar10" }, paper with { NeighbourDataSet = "cifar10", Rho = 0.6 }), unnamed = Write(paper, paper with { Rho = 0.6 });
        foreach (string text in new[] { "The kNN error on cifar10 ", "<caption>kNN error on cifar10 by tap", "kNN error on cifar10 against ρ", "data: knn_dataset" }) Assert.Contains(text, named, StringComparison.Ordinal);
        Assert.Contains("The kNN error ", unnamed, StringComparison.Ordinal);
    }

    [Fact]
    public void Command_lines_repeat_the_run()
    {
        string html = Write(new SyntheticRun { Rho = 0.1, Dataset = "npz:it's here.npz" });
        Assert.Contains("sharpless train --dataset 'npz:it'\\''s here.npz' --model resnet18 --model-width 8 --sam-rho 0.1 --seed 0 --no-data-augm", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_runs_give_the_same_bytes_under_any_culture()
    {
        string first = Write(new SyntheticRun { Rho = 0.1 });
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };
            Assert.Equal(first, Write(new SyntheticRun { Rho = 0.1 }));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Not_finite_values_break_the_curve_and_are_named_in_the_table()
    {
        RunRecord run = new SyntheticRun { Finished = false }.Write(_folder["run 0"]);
        run = run with { Evaluations = [.. run.Evaluations.SkipLast(1), new EvaluationRecord(2, 40, new Dictionary<string, double> { ["train_loss"] = double.NaN })] };
        ReportWriter.Write([run], _folder["report.html"]);
        string html = Read();
        string json = Regex.Match(html, "<script type=\"application/json\" id=\"data\">(.*?)</script>").Groups[1].Value;
        JsonElement points = JsonDocument.Parse(json).RootElement.GetProperty("groups")[0].GetProperty("plots")[0].GetProperty("panels").GetProperty("")[0].GetProperty("points");
        Assert.Equal(JsonValueKind.Null, points[points.GetArrayLength() - 1].GetProperty("y").ValueKind);
        Assert.Contains("not finite", html, StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_report_is_replaced_and_nothing_else_is_left_behind()
    {
        Write(new SyntheticRun());
        Write(new SyntheticRun { Rho = 0.1 });
        Assert.Equal(["report.html"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    private string Write(params SyntheticRun[] runs)
    {
        ReportWriter.Write([.. runs.Select((run, number) => run.Write(_folder[$"run {number}"]))], _folder["report.html"]);
        return Read();
    }

    // Decoded, so that the expected texts can be read.
    private string Read() => WebUtility.HtmlDecode(File.ReadAllText(_folder["report.html"]));
}
