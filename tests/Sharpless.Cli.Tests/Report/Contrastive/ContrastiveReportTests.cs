using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sharpless.Cli.Tests.Commands;
using Sharpless.Tests;

namespace Sharpless.Cli.Tests.Report.Contrastive;

/// <summary>The report of small real runs on the eight captioned pictures of tests/golden/contrastive/run.</summary>
public sealed class ContrastiveReportTests(ContrastiveReportTests.Runs runs) : IClassFixture<ContrastiveReportTests.Runs>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Golden => Path.GetDirectoryName(GoldenFiles.PathOf("contrastive", "run", "init.safetensors"))!;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs_are_compared_by_rho_and_by_bottleneck()
    {
        string html = System.Net.WebUtility.HtmlDecode(Report(runs.All));
        Assert.Equal(["Against ρ · bottleneck-dim -1", "Against ρ · bottleneck-dim 3", "Against bottleneck · rho 0"],
            Regex.Matches(html, "<h2>(Against[^<]*)</h2>").Select(match => match.Groups[1].Value).Take(3));
        // The number of the run's own result, in the row of its setting.
        double rank = JsonDocument.Parse(File.ReadAllText(Path.Combine(runs.Sam, "result.json"))).RootElement.GetProperty("final").GetProperty("image_rank").GetProperty("0.99").GetDouble();
        Assert.Matches($"<tr><th scope=\"row\">0.05</th><td>1</td><td>{rank.ToString(CultureInfo.InvariantCulture)}</td>", html);
        // Two seeds have a spread.
        Assert.Matches("<tr><th scope=\"row\">0</th><td>2</td><td>[0-9.]+ ± [0-9.]+</td>", html);
    }

    [Fact]
    public void The_page_shows_texts_with_their_pictures_and_draws_every_plot_in_a_browser()
    {
        Report(runs.Adam, runs.Sam);
        Chromium.Page page = Chromium.Open(new Uri(_folder["report.html"]).AbsoluteUri);
        Assert.Empty(page.Console);
        int plots = Regex.Count(page.Dom, "<canvas ");
        Assert.True(plots > 10, $"Only {plots} plots.");
        Assert.Equal(plots, Regex.Count(page.Dom, "<table><thead>.*?</thead><tbody><tr>"));
        foreach (string caption in Captions("test")) Assert.Contains($"<p>{caption}</p>", page.Dom, StringComparison.Ordinal);
        Assert.NotEmpty(Regex.Matches(page.Dom, "<li class=\"own\"><img [^>]*src=\"data:image/png;base64,"));
    }

    [Fact]
    public void Without_its_pictures_a_run_shows_what_it_has_and_says_so()
    {
        string data = _folder["data"];
        Copy(Golden, data);
        string run = Train(_folder["run"], "--rho 0", data);
        Directory.Delete(data, recursive: true);
        string html = Report(run);
        Assert.Contains("are not shown: There are no captioned pictures", html, StringComparison.Ordinal);
        Assert.Contains("Retrieval on the test split", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_of_another_command_get_a_page_of_their_own()
    {
        string other = _folder["other"];
        new SyntheticRun().Write(other);
        Assert.Equal(0, TinyRun.Invoke("report", other, runs.Adam, "--out", _folder["report.html"]).Code);
        Assert.DoesNotContain("<h1>Image-text contrastive training</h1>", File.ReadAllText(_folder["report.html"]), StringComparison.Ordinal);
        Assert.Contains("<h1>Image-text contrastive training</h1>", File.ReadAllText(_folder["report-contrast.html"]), StringComparison.Ordinal);
    }

    private static string Train(string run, string options, string data)
    {
        (int code, _, string errors) = TinyRun.Invoke(
            ["contrast", "--preset", "tiny", "--data", data, "--image-size", "16", "--projection-dim", "8", "--bs", "4", "--epochs", "1", "--precision", "fp32", "--out", run, .. options.Split(' ')]);
        Assert.True(code == 0, errors);
        return run;
    }

    private string Report(params string[] runs)
    {
        (int code, _, string errors) = TinyRun.Invoke(["report", .. runs, "--out", _folder["report.html"]]);
        Assert.True(code == 0, errors);
        return File.ReadAllText(_folder["report.html"]);
    }

    // The first caption of each picture.
    private static IEnumerable<string> Captions(string split)
    {
        JsonElement root = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden, "annotations", $"captions_{split}.json"))).RootElement;
        return root.GetProperty("annotations").EnumerateArray().GroupBy(item => item.GetProperty("image_id").GetInt64()).Select(captions => captions.First().GetProperty("caption").GetString()!);
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>Runs that several tests look at.</summary>
    public sealed class Runs : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Runs() => All = [Adam = Of("adam", "--rho 0"), Of("other-seed", "--rho 0 --seed 1"), Sam = Of("sam", "--rho 0.05"), Of("narrow", "--rho 0 --bottleneck-dim 3")];

        public string Adam { get; }

        public string Sam { get; }

        public string[] All { get; }

        public void Dispose() => _folder.Dispose();

        private string Of(string name, string options) => Train(_folder[name], options, Golden);
    }
}
