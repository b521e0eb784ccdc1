using System.CommandLine;
using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report;
using Sharpless.Cli.Sweep;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless sweep</c>: a grid of training runs and one report of all of them.</summary>
internal static class SweepCommand
{
    internal static Command Create()
    {
        var output = new Option<string?>("--out") { Description = "Folder of the sweep: one run folder for each run, sweep.json and report.html [default: runs/TIME-sweep].", HelpName = "DIR" };
        Option<int> jobs = NumberOption.Integer("--jobs", "Runs at a time; they share the cores.", 1, minimum: 1);
        Option<string> engine = TextOption.Word("--engine", "Where the runs happen: on this machine (local).", "local", "NAME", "local");
        var seeds = new Option<string?>("--seed") { Description = "Seeds of the runs, separated by commas.", HelpName = "LIST", Hidden = true };   // in the help stands the --seed of every command
        Option<int> every = NumberOption.Integer("--checkpoint-every", "Steps from one checkpoint of a run to the next; 0 for each evaluation.", 0);
        var dryRun = new Option<bool>("--dry-run") { Description = "Check every run's arguments, list the runs and stop." };
        var command = new Command(
            "sweep",
            """
            Train a grid of runs: any option of `sharpless train`, and --seed, takes several values, separated by commas.
            The same command line goes on where it was stopped; finished runs are skipped.
            Example: sharpless sweep --dataset fashion_mnist --model-width 8 --epochs 5 --sam-rho 0,0.1,0.4 --seed 0,1,2 --compute-feature-rank --out runs/sweep
            """)
        {
            output, jobs, engine, seeds, every, DataFolderOption.Create(), dryRun,
        };
        command.TreatUnmatchedTokensAsErrors = false;                            // they are the options of train; SweepGrid reads them
        command.SetAction(Session.Action((session, cancel) =>
        {
            ParseResult parsed = session.Parsed;
            string folder = parsed.GetValue(output) ?? RunNames.New("sweep");
            var train = new TrainCommandLine();
            List<string> tokens = [.. parsed.UnmatchedTokens];
            if (parsed.GetValue(seeds) is string list) tokens.AddRange(["--seed", list]);
            var grid = new SweepGrid(tokens, train.Options);
            IReadOnlyList<string> common = Common(session, parsed.GetValue(jobs));
            List<(SweepPoint Point, TrainOptions Options)> points =
                [.. SweepEffects.WithoutIdle([.. grid.Points()], grid.Axes, train.Idle).Select(point => (point, train.Read([.. point.Arguments, .. common])))];
            RefuseTwins(points);
            IReadOnlyList<SweepRun> runs = SweepFolder.Place(folder, points);
            if (parsed.GetValue(dryRun)) return DryRun(session, grid, runs);

            OutputFile.Report.Require(parsed, "--out", Path.Combine(folder, "report.html"));
            // Told once, instead of by each run. A finished run needs no data any more.
            foreach (SweepRun run in runs.Where(run => !File.Exists(Path.Combine(run.Folder, "result.json")))) Trainer.RequireData(run.Options, DataFolderOption.Read(parsed));
            SweepFolder.Take(folder, grid.Axes, runs);
            SweepFolder.WaitForEarlier(runs, session.Errors.WriteLine, cancel);
            List<SweepRun> open = [.. runs.Where(run => !Trainer.IsFinished(run.Options, run.Folder))];
            var view = new SweepProgressView(session, runs.Count, runs.Count - open.Count);
            List<string> places = [.. common, "--checkpoint-every", parsed.GetValue(every).ToString(CultureInfo.InvariantCulture)];
            if (DataFolderOption.Read(parsed) is string data) places.AddRange(["--data-dir", data]);
            (session.Interruption.IsSaving, session.Interruption.Finishes) = (true, "the runs under way finish their step and save");
            new LocalEngine(parsed.GetValue(jobs), places, view.Write).Run(open, view.Ended, cancel);
            (session.Interruption.IsSaving, session.Interruption.Finishes) = (false, "the runs are finished or saved");
            if (cancel.IsCancellationRequested) throw new OperationCanceledException(view.Stopped);

            string report = Path.Combine(folder, "report.html");
            List<SweepRun> finished = [.. runs.Where(run => Trainer.IsFinished(run.Options, run.Folder))];
            if (finished.Count > 0) ReportWriter.Write([.. finished.Select(run => RunRecord.Load(run.Folder))], report);
            var results = new SweepResults(folder, report, finished);
            if (!session.Json) results.Print(session);
            return session.End(results.Document, results.Failure(view.Failures, runs.Count));
        }));
        return command;
    }

    // Runs at a time share the cores, unless the number of threads was given.
    private static IReadOnlyList<string> Common(Session session, int jobs)
    {
        bool isGiven = session.Parsed.GetResult(CommonOptions.Threads) is { Implicit: false };
        int threads = isGiven ? session.Threads : Math.Max(1, Environment.ProcessorCount / jobs);
        return
        [
            "--threads", threads.ToString(CultureInfo.InvariantCulture),
            "--precision", session.Parsed.GetRequiredValue(CommonOptions.Precision), "--device", session.Parsed.GetRequiredValue(CommonOptions.Device),
        ];
    }

    // 0 and 0.0 are one value; two processes must not want one folder, nor one run be counted as two seeds.
    private static void RefuseTwins(List<(SweepPoint Point, TrainOptions Options)> runs)
    {
        foreach (var twins in runs.GroupBy(run => run.Point.Name).Concat(runs.GroupBy(run => SweepFolder.Key(run.Options))).Where(same => same.Count() > 1))
        {
            string names = string.Join(" and ", twins.Select(run => string.Join(' ', run.Point.Coordinates.Select(item => $"--{item.Key} {item.Value}"))).Take(2));
            throw new UsageException($"Two runs of the sweep are the same: {names}.", "Name each value once.");
        }
    }

    private static int DryRun(Session session, SweepGrid grid, IReadOnlyList<SweepRun> runs)
    {
        session.WriteJson(new Dictionary<string, object>
        {
            ["command"] = "sweep", ["axes"] = grid.Axes, ["runs"] = runs.Select(run => new Dictionary<string, object> { ["run"] = run.Folder, ["options"] = run.Options.Resolved() }),
        });
        if (!session.Json)
        {
            foreach (SweepRun run in runs) session.Output.WriteLine($"{run.Folder}: {string.Join(' ', run.Point.Arguments)}");
        }

        return ExitCode.Done;
    }
}
