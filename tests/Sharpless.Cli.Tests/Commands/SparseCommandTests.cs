using System.Diagnostics;
using System.Text.Json;
using Sharpless.Cli.Tests.Training;

namespace Sharpless.Cli.Tests.Commands;

/// <summary><c>sharpless sparse</c> and its subcommands, through the real program.</summary>
public sealed class SparseCommandTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Json_holds_the_table_the_ordering_and_the_theory_and_a_finished_run_prints_it_again()
    {
        JsonElement first = TrainingProgram.Run(Sparse("run", "--json")).AssertDone().Json;
        Assert.Equal(_tiny["run"], first.GetProperty("run").GetString());
        List<JsonElement> table = [.. first.GetProperty("table").EnumerateArray()];
        Assert.Equal(
            ["honest dense", "published dense", "honest pruned", "honest sgd", "honest sam", "published pruned", "published sgd", "published sam"],
            table.Select(row => $"{row.GetProperty("side").GetString()} {row.GetProperty("arm").GetString()}"));

        // Mean and standard deviation are those of the cells in the folder.
        List<JsonElement> cells = [.. File.ReadLines(_tiny["run/cells.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement)];
        foreach (JsonElement row in table)
        {
            double[] values = [.. cells.Where(cell => Same("side", cell, row) && Same("arm", cell, row)).Select(cell => cell.GetProperty("test_accuracy").GetDouble())];
            Assert.Equal(2, values.Length);
            Assert.Equal(2, row.GetProperty("n").GetInt32());
            Assert.Equal((values[0] + values[1]) / 2, row.GetProperty("mean").GetDouble(), 1e-12);
            Assert.Equal(Math.Abs(values[0] - values[1]) / Math.Sqrt(2), row.GetProperty("standard_deviation").GetDouble(), 1e-12);
        }

        Assert.Equal(["honest", "published"], first.GetProperty("ordering").EnumerateArray().Select(item => item.GetProperty("side").GetString()));
        Assert.Equal(5, first.GetProperty("theory").GetProperty("random").GetProperty("n").GetInt32());
        Assert.Contains("cells.jsonl", File.ReadAllText(first.GetProperty("report").GetString()!), StringComparison.Ordinal);
        Assert.True(first.GetProperty("seconds").GetDouble() > 0);
        Assert.Equal("sparse", JsonDocument.Parse(File.ReadAllText(_tiny["run/config.json"])).RootElement.GetProperty("command").GetString());
        Assert.Equal(first.ToString(), TrainingProgram.Run(Sparse("run", "--json", "--resume")).AssertDone().Json.ToString());

        static bool Same(string member, JsonElement left, JsonElement right) => left.GetProperty(member).GetString() == right.GetProperty(member).GetString();
    }

    [Fact]
    public void For_people_there_is_a_table_and_on_stderr_a_line_for_each_network()
    {
        TrainingProgram.Result result = TrainingProgram.Run(Sparse("run", "--as-published", "no-mask", "--seeds", "1")).AssertDone();
        foreach (string part in new[] { "honest", "published", "zeros at the end", "pruned < sgd < sam <= dense", "theory: at rho 0.05", $"report: {_tiny["run/report.html"]}" }) Assert.Contains(part, result.Output, StringComparison.Ordinal);
        Assert.Equal(8, result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain('\u001b', result.Output + result.Errors);
    }

    [Fact]
    public void Runs_killed_and_issued_again_hold_the_cells_of_an_unbroken_run()
    {
        string[] Command(string run) => Sparse(run, "--resume", "--finetune-epochs", "6");
        long started = Stopwatch.GetTimestamp();
        TrainingProgram.Run(Command("unbroken")).AssertDone();
        TimeSpan whole = Stopwatch.GetElapsedTime(started);
        var random = new Random(1);
        int killed = 0;
        for (int run = 0; run < 3; run++)
        {
            // Once some cells are there, and at any other moment.
            string cells = _tiny[$"run{run}/cells.jsonl"];
            Process process = TrainingProgram.Begin(Command($"run{run}"));
            while (run > 0 && !process.HasExited && !(File.Exists(cells) && new FileInfo(cells).Length > run * 400)) Thread.Sleep(1);
            if (TrainingProgram.Kill(process, run == 0 ? whole * random.NextDouble() : TimeSpan.FromMilliseconds(random.Next(30)))) killed++;
            TrainingProgram.Run(Command($"run{run}")).AssertDone();
            Assert.Equal(Cells("unbroken"), Cells($"run{run}"));
        }

        Assert.InRange(killed, 2, 3);

        IEnumerable<string> Cells(string run) => File.ReadLines(_tiny[$"{run}/cells.jsonl"]).Select(line => line[..line.IndexOf("\"seconds\"", StringComparison.Ordinal)]);
    }

    [Fact]
    public void Sigterm_ends_with_130_and_keeps_the_finished_cells()
    {
        string[] command = Sparse("run", "--finetune-epochs", "5000");
        Process process = TrainingProgram.Begin(command);
        TrainingProgram.WaitUntil(process, () => File.Exists(_tiny["run/cells.jsonl"]) && File.ReadAllText(_tiny["run/cells.jsonl"]).Contains("\"pruned\"", StringComparison.Ordinal));
        TrainingProgram.Signal(process, "TERM");
        TrainingProgram.End(process).AssertFailed(130, "3 finished cells are kept", "--resume");
    }

    [Fact]
    public void Grid_and_sensitivity_print_their_tables()
    {
        TrainingProgram.Result grid = TrainingProgram.Run(Common("grid", "grid", "--fractions", "0.5,0.9", "--sam-rho", "0.1", "--finetune-epochs", "1", "--dense", "sgd")).AssertDone();
        foreach (string part in new[] { "dense with sgd, fine-tuned at equal epochs", "at equal gradients", "90 %", "sam 0.1", "not tuned" }) Assert.Contains(part, grid.Output, StringComparison.Ordinal);
        JsonElement scan = TrainingProgram.Run(Common("scan", "sensitivity", "--fractions", "0,1", "--json")).AssertDone().Json;
        Assert.Equal(["conv1.weight 0", "conv1.weight 1", "conv2.weight 0", "conv2.weight 1", "linear.weight 0", "linear.weight 1"],
            scan.GetProperty("table").EnumerateArray().Select(row => $"{row.GetProperty("tensor").GetString()} {row.GetProperty("amount").GetDouble()}"));
    }

    [Fact]
    public void A_dry_run_resolves_every_option_and_touches_nothing()
    {
        (int code, string output, string errors) = TinyRun.Invoke("sparse", "grid", "--dry-run", "--json", "--dataset", "npz:absent.npz", "--fractions=0.5,0.25", "--sam_rho", "0.2", "--out", _tiny["run"]);
        Assert.Equal((0, ""), (code, errors));
        JsonElement document = JsonDocument.Parse(output).RootElement;
        Assert.Equal("sparse grid", document.GetProperty("command").GetString());
        JsonElement options = document.GetProperty("options");
        Assert.Equal("[0.5,0.25]", options.GetProperty("fractions").GetRawText().Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal("[\"sgd\",\"sam\"]", options.GetProperty("dense").GetRawText().Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal((0.2, "npz:absent.npz", 3), (options.GetProperty("sam-rho")[0].GetDouble(), options.GetProperty("dataset").GetString(), options.GetProperty("seeds").GetInt32()));
        Assert.False(Directory.Exists(_tiny["run"]));
    }

    [Theory]
    [InlineData("known: stale-optimizer, drifting-restore, no-mask, prune-norms", "sparse", "--as-published", "stale")]
    [InlineData("expected a number, from 0 to 1", "sparse", "--amount", "1.5")]
    [InlineData("says itself how much", "sparse", "--amount", "0.5", "--scope", "2:4", "--as-published", "none")]
    [InlineData("There is no scope 'row'", "sparse", "--scope", "row")]
    [InlineData("There is no file", "sparse", "--dataset", "npz:absent.npz")]
    [InlineData("There is no data set", "sparse", "--dataset", "absent")]
    [InlineData("above 0", "sparse", "--sam-rho", "0")]
    [InlineData("numbers separated by commas", "sparse", "grid", "--fractions", "0.5,x")]
    [InlineData("numbers separated by commas", "sparse", "grid", "--fractions", "2")]
    [InlineData("'adam'", "sparse", "grid", "--dense", "sgd,adam")]
    [InlineData("--fractions", "sparse", "sensitivity", "--fractions", "0.5,0.5")]
    public void What_cannot_be_used_is_refused_before_any_work(string reason, params string[] arguments)
    {
        (int code, string output, string errors) = TinyRun.Invoke([.. arguments, "--out", _tiny["run"]]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(reason, errors.Split('\n')[0], StringComparison.Ordinal);
        Assert.StartsWith("hint: ", errors.Split('\n')[1], StringComparison.Ordinal);
        Assert.False(Directory.Exists(_tiny["run"]));
    }

    [Fact]
    public void A_batch_larger_than_the_share_is_refused_and_leaves_nothing()
    {
        (int code, _, string errors) = TinyRun.Invoke("sparse", "--dataset", $"npz:{_tiny.Data}", "--data-fraction", "0.1", "--out", _tiny["run"]);
        Assert.Equal(2, code);
        Assert.Contains("One batch takes 64 examples, but there are only 9", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_tiny["run"]));
    }

    private string[] Sparse(string run, params string[] more) => Common(run, null, [.. Unless("--directions", "5", more), .. Unless("--finetune-epochs", "2", more), .. more]);

    private string[] Common(string run, string? subcommand, params string[] more) =>
    [
        "sparse", .. subcommand is null ? Array.Empty<string>() : [subcommand], "--dataset", $"npz:{_tiny.Data}", "--data-fraction", "0.5", "--width", "4", "--batch-size", "16", "--epochs", "2", "--threads", "1",
        "--out", _tiny[run], .. Unless("--seeds", "2", more), .. more,
    ];

    private static string[] Unless(string name, string value, string[] more) => more.Contains(name) ? [] : [name, value];
}
