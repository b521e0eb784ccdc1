using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report;
using Sharpless.Training;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless train</c>: one run.</summary>
internal static class TrainCommand
{
    internal static Command Create()
    {
        var options = new TrainCommandOptions();
        var runPlace = new RunPlaceOptions();
        var debug = new Option<bool>("--debug") { Description = "Write nothing: no folder, log, metrics, checkpoint or report. Only the result is printed." };
        var command = new Command(
            "train",
            """
            Train one classifier, with SAM where --sam-rho is above 0.
            Example: sharpless train --dataset fashion_mnist --model-width 16 --epochs 5 --sam-rho 0.1 --compute-feature-rank --out runs/first
            """);
        options.AddTo(command);
        runPlace.AddTo(command);
        command.Options.Add(debug);
        TrainEffects.Create().Govern(command);
        command.SetAction(Session.Action((session, cancel) =>
        {
            ParseResult parsed = session.Parsed;
            TrainOptions train = options.Read(parsed, session);
            if (train.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless train --help.");
            if (runPlace.IsDryRun(parsed)) return DryRun.Write(session, "train", train.Resolved());

            if (parsed.GetValue(debug) && runPlace.IsGiven(parsed))
            {
                throw new UsageException("--debug writes nothing, so it excludes --out and --resume.", "Leave out one of them.");
            }

            using ScratchFolder? scratch = parsed.GetValue(debug) ? new ScratchFolder() : null;
            TrainPlace place = runPlace.Read(session, () => options.Name(parsed, train), scratch?.Path);
            OutputFile.Report.Require(parsed, "--out", Path.Combine(place.Folder, "report.html"));
            TrainResult result = TrainProgressView.Show(session, Path.GetFileName(place.Folder), tell => Trainer.Run(train, place, tell, cancel));
            if (scratch is not null) result = result with { Run = "" };
            string report = scratch is null ? Path.Combine(place.Folder, "report.html") : "none (--debug)";
            if (scratch is null) ReportWriter.Write([RunRecord.Load(place.Folder)], report);
            if (!session.Json) TrainTables.Write(session.Console, [("", result)], report);
            return session.End(result.Document, DivergedRun.Failure(result));
        }));
        return command;
    }
}
