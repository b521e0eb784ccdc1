using System.CommandLine;
using System.Text.Json;
using Sharpless.Cli.Commands;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Tests.Report.Sparse;

namespace Sharpless.Cli.Tests.Report;

public sealed class ReportCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_report_of_one_run_lies_in_its_folder()
    {
        new SyntheticRun().Write(_folder["run"]);
        (int exitCode, string output, string errors) = Invoke(_folder["run"]);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains(Path.Combine(_folder["run"], "report.html"), output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder["run"], "report.html")));
    }

    [Fact]
    public void Json_names_report_and_runs_and_a_folder_given_twice_is_one_run()
    {
        new SyntheticRun().Write(_folder["run"]);
        (int exitCode, string output, _) = Invoke(_folder["run"], _folder["run"] + "/", "--out", _folder["r.html"], "--json");
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(0, exitCode);
        Assert.Equal(_folder["r.html"], json.GetProperty("report").GetString());
        Assert.Equal([_folder["run"]], json.GetProperty("runs").EnumerateArray().Select(run => run.GetString()));
        Assert.True(File.Exists(_folder["r.html"]));
    }

    [Fact]
    public void What_is_no_run_is_named_and_the_rest_is_reported()
    {
        new SyntheticRun().Write(_folder["run"]);
        Directory.CreateDirectory(_folder["other"]);
        File.WriteAllText(_folder["notes.txt"], "");
        (int exitCode, string output, string errors) = Invoke(_folder["run"], _folder["other"], _folder["notes.txt"], "--out", _folder["r.html"], "--json");
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(0, exitCode);
        Assert.Equal([_folder["run"]], Texts(json.GetProperty("runs")));
        Assert.Equal([_folder["other"], _folder["notes.txt"]], Texts(json.GetProperty("left_out")));
        Assert.Contains($"left out: \"{_folder["other"]}\"", errors, StringComparison.Ordinal);
        Assert.Contains($"left out: \"{_folder["notes.txt"]}\"", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_is_a_run_it_ends_with_2_and_a_hint_and_writes_nothing()
    {
        Directory.CreateDirectory(_folder["other"]);
        (int exitCode, string output, string errors) = Invoke(_folder["other"], "--out", _folder["r.html"]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("error: ", errors, StringComparison.Ordinal);
        Assert.Contains("holds no config.json", errors, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["r.html"]));
        Assert.Contains("There is no folder", Invoke(_folder["typo"]).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_runs_is_opened_as_the_demo_and_a_sweep_write_it()
    {
        // runs/demo/rho-0, runs/demo/rho-0.1, and a run that has only just begun.
        new SyntheticRun().Write(_folder["runs/demo/rho-0"]);
        new SyntheticRun { Rho = 0.1 }.Write(_folder["runs/demo/rho-0.1"]);
        Directory.CreateDirectory(_folder["runs/demo/begun"]);
        File.WriteAllText(_folder["runs/demo/begun/config.json"], File.ReadAllText(_folder["runs/demo/rho-0/config.json"]));
        (int exitCode, string output, string errors) = Invoke(_folder["runs/demo"], "--json");
        JsonElement json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(0, exitCode);
        Assert.Equal([_folder["runs/demo/rho-0"], _folder["runs/demo/rho-0.1"]], Texts(json.GetProperty("runs")));
        Assert.Equal(_folder["runs/demo/report.html"], json.GetProperty("report").GetString());
        Assert.Contains("begun", errors, StringComparison.Ordinal);
        // The folder above, and both at once, are the same runs.
        Assert.Equal(2, JsonDocument.Parse(Invoke(_folder["runs"], _folder["runs/demo"], "--out", _folder["r.html"], "--json").Output).RootElement.GetProperty("runs").GetArrayLength());
    }

    [Fact]
    public void Malformed_metrics_end_with_2_as_json_where_asked()
    {
        new SyntheticRun().Write(_folder["run"]);
        File.AppendAllText(Path.Combine(_folder["run"], "metrics.csv"), "1,2,3\n");
        (int exitCode, string output, string errors) = Invoke(_folder["run"], "--json");
        Assert.Equal((2, ""), (exitCode, errors));
        Assert.Contains("metrics.csv", JsonDocument.Parse(output).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_as_the_file_to_write_is_refused()
    {
        new SyntheticRun().Write(_folder["run"]);
        (int exitCode, _, string errors) = Invoke(_folder["run"], "--out", _folder.Path);
        Assert.Equal(2, exitCode);
        Assert.Contains("which is a folder", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_kind_of_run_is_reported_in_its_way()
    {
        string sparse = new SyntheticSparseRun { Seeds = 1 }.Write(_folder["runs/sparse"]);
        new SyntheticRun().Write(_folder["runs/train"]);
        new SyntheticRun { Command = "two-layer" }.Write(_folder["runs/two-layer"]);
        Assert.Equal(0, Invoke(sparse).ExitCode);
        Assert.Contains("<h1>Sparse networks</h1>", File.ReadAllText(Path.Combine(sparse, "report.html")), StringComparison.Ordinal);
        File.Delete(Path.Combine(sparse, "report.html"));

        (int exitCode, string output, string errors) = Invoke(_folder["runs/sparse"], _folder["runs/train"], _folder["runs/two-layer"], "--out", _folder["r.html"]);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Equal(
            $"Report of 1 run: {_folder["r.html"]}\nReport of 1 run: {Path.Combine(sparse, "report.html")}\nIts own report: {Path.Combine(_folder["runs/two-layer"], "report.html")}\n", output);
        Assert.DoesNotContain("<h1>Sparse networks</h1>", File.ReadAllText(_folder["r.html"]), StringComparison.Ordinal);
        Assert.Contains("<h1>Sparse networks</h1>", File.ReadAllText(Path.Combine(sparse, "report.html")), StringComparison.Ordinal);
    }

    private static IEnumerable<string?> Texts(JsonElement array) => array.EnumerateArray().Select(item => item.GetString());

    private static (int ExitCode, string Output, string Errors) Invoke(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var root = new Command("sharpless");
        root.Options.Add(CommonOptions.Json);
        root.Options.Add(CommonOptions.Verbose);
        root.Subcommands.Add(ReportCommand.Create());
        int exitCode = root.Parse(["report", .. arguments]).Invoke(new InvocationConfiguration { Output = output, Error = errors });
        return (exitCode, output.ToString(), errors.ToString());
    }
}
