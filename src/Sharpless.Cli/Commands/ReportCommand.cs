using System.CommandLine;
using System.Text.Json;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report;
using Sharpless.Cli.Report.Contrastive;
using Sharpless.Cli.Report.Pretrained;
using Sharpless.Cli.Report.Sparse;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless report RUN [RUN...]</c>: the HTML report of one or several runs.</summary>
internal static class ReportCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    internal static Command Create()
    {
        var runs = new Argument<string[]>("RUN") { Description = "Run folders, as `sharpless train` or `sharpless contrast` writes them, or one of `sharpless sparse`.", Arity = ArgumentArity.OneOrMore };
        var file = new Option<string?>("--out") { Description = "File to write [default: report.html, in the folder of a single run, in the current folder for several].", HelpName = "FILE" };
        var command = new Command(
            "report",
            """
            Write one self-contained HTML file with the plots and tables of one or several runs.
            Example: sharpless report runs/sgd runs/sam --out report.html
            """)
        {
            runs, file, OutputFile.Force(), DataFolderOption.Create(), DryRun.Option(),
        };
        command.SetAction((parsed, cancel) => Session.Action((session, _) => Run(session, parsed.GetRequiredValue(runs), parsed.GetValue(file)))(parsed, cancel));
        return command;
    }

    // What these commands measure is not kept in a form that the page could be drawn from again.
    private static bool HasItsReport(string folder)
    {
        string configuration = Path.Combine(folder, "config.json");
        return File.Exists(Path.Combine(folder, PretrainedReport.DataFile)) || (File.Exists(configuration) && RecordedConfiguration.Load(configuration).Command == TwoLayerCommand.Name);
    }

    private static int Run(Session session, string[] folders, string? file)
    {
        // A folder given twice (as "runs/a" and "runs/a/") is still one run; counted twice it would look like two seeds.
        folders = [.. folders.DistinctBy(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))];
        file ??= folders.Length == 1 ? Path.Combine(folders[0], "report.html") : "report.html";
        OutputFile.Report.Require(session.Parsed, "--out", file);

        if (folders.FirstOrDefault(HasItsReport) is { } complete)
            throw new UsageException($"\"{complete}\" is no training run; the command that made it wrote its report.", $"Open {Path.Combine(complete, "report.html")}.");
        if (DryRun.IsAsked(session.Parsed)) return DryRun.Write(session, "report", new Dictionary<string, JsonElement> { ["RUN"] = JsonOutput.Element(folders), ["out"] = JsonOutput.Element(file) });
        if (folders.FirstOrDefault(SparseReport.IsFor) is { } sparse)
        {
            if (folders.Length > 1) throw new UsageException($"\"{sparse}\" is a run of `sharpless sparse`, which has a page of its own; {folders.Length} folders were given.", $"Report it alone: sharpless report {sparse}");
            SparseReport.Write(sparse, file);
        }
        else if (folders.Any(ContrastiveReport.IsFor))
        {
            if (folders.FirstOrDefault(folder => !ContrastiveReport.IsFor(folder)) is { } other)
                throw new UsageException($"\"{other}\" is no run of `sharpless contrast`, but others of the {folders.Length} folders are.", "Report the runs of each command alone.");
            ContrastiveReport.Write(folders, file, DataFolderOption.Read(session.Parsed), session.Device, session.Errors.WriteLine);
        }
        else ReportWriter.Write([.. folders.Select(RunRecord.Load)], file);
        session.WriteJson(new { Report = file, Runs = folders });
        if (!session.Json) session.Output.WriteLine($"Report of {folders.Length} {(folders.Length == 1 ? "run" : "runs")}: {file}");
        return ExitCode.Done;
    }
}
