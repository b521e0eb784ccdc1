using System.Text.Json;
using Sharpless.Cli.Tests.Report;
using Sharpless.Cli.Tests.Training;

namespace Sharpless.Cli.Tests.Commands;

/// <summary><c>sharpless two-layer</c>, through the real program.</summary>
public sealed class TwoLayerCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Json_holds_a_result_for_each_value_and_seed_equal_to_the_last_line_of_its_curve()
    {
        JsonElement document = TrainingProgram.Run("two-layer", "--seeds", "2", "--seed", "3", "--iterations", "140", "--sam_rho=0,0.3", "--gradient-penalty", "0.2", "--json", "--out", _folder["run"]).AssertDone().Json;
        JsonElement[] results = [.. document.GetProperty("results").EnumerateArray()];
        Assert.Equal(
            ["abs 0 3", "abs 0 4", "abs 0.3 3", "abs 0.3 4", "tanh 0 3", "tanh 0 4", "tanh 0.3 3", "tanh 0.3 4", "relu 0 3", "relu 0 4", "relu 0.3 3", "relu 0.3 4", "gradnorm 0.2 3", "gradnorm 0.2 4"],
            results.Select(result => $"{result.GetProperty("experiment")} {result.GetProperty("value")} {result.GetProperty("seed")}"));

        string[][] curves = [.. File.ReadLines(_folder["run/curves.csv"]).Select(line => line.Split(','))];
        Assert.Equal(1 + 14 * 71, curves.Length);
        foreach (JsonElement result in results)
        {
            string[] last = curves.Last(cells => cells[0] == result.GetProperty("experiment").GetString() && cells[1] == result.GetProperty("value").ToString() && cells[2] == result.GetProperty("seed").ToString());
            Assert.Equal("140", last[3]);
            foreach ((string name, string cell) in curves[0].Zip(last).Skip(3)) Assert.Equal(cell, result.GetProperty(name).ToString());
        }

        // Another number of updates is another training, which nothing was published of.
        Assert.Empty(document.GetProperty("published").EnumerateArray());
        Assert.True(File.Exists(document.GetProperty("report").GetString()));
        Assert.Equal("two-layer", JsonDocument.Parse(File.ReadAllText(_folder["run/config.json"])).RootElement.GetProperty("command").GetString());
        Assert.Equal(1 + 2, File.ReadLines(_folder["run/mechanism.csv"]).Count());
        TrainingProgram.Run("two-layer", "--seeds", "3", "--out", _folder["run"]).AssertRefused("holds another run: --seeds is 2 there, 3 here");
        TrainingProgram.Run("report", _folder["run"]).AssertRefused("the command that made it wrote its report");
    }

    [Fact]
    public void As_published_the_notebook_is_repeated_beside_its_stored_results()
    {
        JsonElement document = TrainingProgram.Run("two-layer", "tanh", "--seeds", "1", "--as-published", "--sam-rho", "0,0.8", "--perturbed-starts", "1", "--json", "--out", _folder["run"]).AssertDone().Json;
        JsonElement[] rows = [.. document.GetProperty("published").EnumerateArray()], results = [.. document.GetProperty("results").EnumerateArray()];
        Assert.Equal([0.28993, 0.013376], rows.Select(row => row.GetProperty("published").GetProperty("test_loss").GetDouble()));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(4, results[i].GetProperty("seed").GetInt32());
            Assert.Empty(rows[i].GetProperty("misses").EnumerateArray());
            Assert.Equal(rows[i].GetProperty("here").GetProperty("test_loss").GetDouble(), results[i].GetProperty("test_loss").GetDouble());
            Assert.Equal(1, rows[i].GetProperty("perturbed_starts").GetInt32());
        }
    }

    [Fact]
    public void For_people_there_are_tables_and_on_stderr_lines_of_progress()
    {
        TrainingProgram.Result result = TrainingProgram.Run("two-layer", "relu", "--seeds", "3", "--iterations", "140", "--sam-rho", "0,0.3", "--out", _folder["run"]).AssertDone();
        foreach (string part in new[] { "mean ± 95 % t-interval over n = 3 seeds", "feature rank falls", $"report: {_folder["run/report.html"]}" }) Assert.Contains(part, result.Output, StringComparison.Ordinal);
        Assert.Contains("9 of 9 networks", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output + result.Errors);

        string curves = File.ReadAllText(_folder["run/curves.csv"]);
        string[] again = ["two-layer", "relu", "--seeds", "3", "--iterations", "140", "--sam-rho", "0,0.3", "--threads", "1", "--out", _folder["run"]];
        TrainingProgram.Run(again).AssertRefused("already holds this run", "--resume");
        TrainingProgram.Run([.. again, "--resume"]).AssertDone();
        Assert.Equal(curves, File.ReadAllText(_folder["run/curves.csv"]));
    }

    [Fact]
    public void A_dry_run_prints_every_option_and_writes_nothing()
    {
        JsonElement options = TrainingProgram.Run("two-layer", "gradient-norm", "--as-published", "--dry-run", "--json", "--out", _folder["run"]).AssertDone().Json.GetProperty("options");
        Assert.Equal(("[\"gradnorm\"]", 4, 20), (options.GetProperty("figures").GetRawText().Replace("\n", "").Replace(" ", ""), options.GetProperty("seed").GetInt32(), options.GetProperty("seeds").GetInt32()));
        Assert.Equal(7, TrainingProgram.Run("two-layer", "--as-published", "--seed", "7", "--dry-run", "--json").AssertDone().Json.GetProperty("options").GetProperty("seed").GetInt32());
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Theory]
    [InlineData("There is no figure 'sine'", "sine")]
    [InlineData("--sam-rho is '-1'", "relu", "--sam-rho", "-1")]
    [InlineData("--sam-rho names a value twice", "relu", "--sam-rho", "0.1,0.1")]
    [InlineData("--warmup-iterations 5", "relu", "--warmup-iterations", "5")]
    [InlineData("--seeds is '0'", "relu", "--seeds", "0")]
    [InlineData("--iterations is '1'", "relu", "--iterations", "1")]
    public void Bad_input_is_refused_before_work_starts(string error, params string[] arguments)
    {
        TrainingProgram.Run(["two-layer", .. arguments, "--out", _folder["run"]]).AssertRefused(error);
        Assert.False(Directory.Exists(_folder["run"]));
    }
}
