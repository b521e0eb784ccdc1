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
    public void A_folder_that_is_no_run_ends_with_2_and_a_hint_and_writes_nothing()
    {
        new SyntheticRun().Write(_folder["run"]);
        Directory.CreateDirectory(_folder["other"]);
        (int exitCode, string output, string errors) = Invoke(_folder["run"], _folder["other"], "--out", _folder["r.html"]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("error: ", errors, StringComparison.Ordinal);
        Assert.Contains("holds no config.json", errors, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["r.html"]));
    }

    [Fact]
    public void A_folder_of_runs_names_them()
    {
        new SyntheticRun().Write(_folder["run"]);
        Assert.Contains($"name them instead: {_folder["run"]}", Invoke(_folder.Path).Errors, StringComparison.Ordinal);
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
    public void A_sparse_run_is_recognised_and_reported_alone()
    {
        string sparse = new SyntheticSparseRun { Seeds = 1 }.Write(_folder["sparse"]);
        new SyntheticRun().Write(_folder["run"]);
        Assert.Equal(0, Invoke(sparse).ExitCode);
        Assert.Contains("<h1>Sparse networks</h1>", File.ReadAllText(Path.Combine(sparse, "report.html")), StringComparison.Ordinal);
        (int exitCode, _, string errors) = Invoke(sparse, _folder["run"], "--out", _folder["r.html"]);
        Assert.Equal(2, exitCode);
        Assert.Contains($"hint: Report it alone: sharpless report {sparse}", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["r.html"]));
    }

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
