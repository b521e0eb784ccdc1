using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Experiments.Sparse;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>What the commands on sparse networks share: folder, dry run, progress, output.</summary>
internal static class SparseRunner
{
    /// <summary>Runs an experiment; see <see cref="SparseExercise.Run"/>.</summary>
    internal delegate SparseRun Experiment<in TOptions>(TOptions options, TrainPlace place, Action<SparseProgress>? progress, CancellationToken cancel);

    /// <summary>Makes the command of an experiment.</summary>
    /// <param name="name">Of the command.</param>
    /// <param name="description">With an example.</param>
    /// <param name="table">Its options.</param>
    /// <param name="experiment">Runs it.</param>
    /// <param name="show">Prints the outcome for people.</param>
    /// <param name="more">What the JSON document holds besides run, table, report and seconds.</param>
    internal static Command Create<TOptions>(
        string name,
        string description,
        SparseOptionTable<TOptions> table,
        Experiment<TOptions> experiment,
        Action<Session, SparseRun> show,
        Func<SparseRun, IReadOnlyDictionary<string, object?>>? more = null)
        where TOptions : SparseOptions, new()
    {
        var output = new Option<string?>("--out") { Description = $"The run's folder, new or empty [default: runs/TIME-{new TOptions().Command.Replace(' ', '-')}].", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Go on with the run in --out, or start it where there is none." };
        Option<bool> dryRun = DryRun.Option();
        var command = new Command(name, description);
        foreach (Option option in (Option[])[.. table.Options, output, resume, DataFolderOption.Create(), dryRun]) command.Options.Add(option);
        command.SetAction(Session.Action((session, cancel) =>
        {
            ParseResult parsed = session.Parsed;
            TOptions options = table.Read(parsed, (TOptions)(SparseOptions)(new TOptions() with { Seed = session.Seed, Precision = session.Precision }));
            if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), $"See sharpless {options.Command} --help.");
            if (parsed.GetValue(dryRun)) return DryRun.Write(session, options.Command, options.Resolved());

            var place = new TrainPlace
            {
                Folder = parsed.GetValue(output) ?? RunNames.New(options.Command.Replace(' ', '-')), Resumes = parsed.GetValue(resume), DataFolder = DataFolderOption.Read(parsed), Device = session.Device, Warn = session.Warn,
            };
            OutputFile.Report.Require(parsed, "--out", Path.Combine(place.Folder, "report.html"));
            SparseRun run = SparseProgressView.Show(session, options.Command, tell => experiment(options, place, tell, cancel));
            string report = Path.Combine(run.Folder, "report.html");
            Report.Sparse.SparseReport.Write(run.Folder, report);
            if (!session.Json)
            {
                show(session, run);
                // Not through a console's wrapping: a path must stay in one piece, to be copied.
                session.Output.WriteLine($"report: {report}");
                if (run.SkippedSteps > 0) session.Output.WriteLine($"skipped steps: {run.SkippedSteps}, because a gradient was not finite");
            }

            return session.End(
                Document(run, report, more?.Invoke(run) ?? new Dictionary<string, object?>()), DivergedRun.Failure(run.Divergence, "--lr or --sam-rho", run.Folder));
        }));
        return command;
    }

    private static Dictionary<string, object?> Document(SparseRun run, string report, IReadOnlyDictionary<string, object?> more)
    {
        var document = new Dictionary<string, object?> { ["run"] = run.Folder, ["table"] = SparseRow.Of(run.Cells).Select(row => row.Document) };
        foreach ((string name, object? value) in more) document[name] = value;
        document["skipped_steps"] = run.SkippedSteps;
        document["diverged"] = run.Cells.Count(cell => cell.Diverged);
        document["report"] = report;
        document["seconds"] = run.Seconds;
        return document;
    }
}
