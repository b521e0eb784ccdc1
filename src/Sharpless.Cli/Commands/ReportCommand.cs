using System.CommandLine;
using System.Text.Json;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report;
using Sharpless.Cli.Report.Contrastive;
using Sharpless.Cli.Report.Sparse;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless report RUN [RUN...]</c>: the HTML report of one or several runs.</summary>
internal static class ReportCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    internal static Command Create()
    {
        var runs = new Argument<string[]>("RUN") { Description = "Run folders, or folders that hold some, as sweep and demo write them. Each kind of run gets its own page.", Arity = ArgumentArity.OneOrMore };
        var file = new Option<string?>("--out") { Description = "File to write [default: report.html, in the folder that is given, in the current folder for several].", HelpName = "FILE" };
        var command = new Command(
            "report",
            """
            Write one self-contained HTML file with the plots and tables of one or several runs.
            Folders of runs are opened, and what is no run is named. Example: sharpless report runs/sgd runs/sam --out report.html
            """)
        {
            runs, file, OutputFile.Force(), DataFolderOption.Create(), DryRun.Option(),
        };
        command.SetAction((parsed, cancel) => Session.Action((session, _) => Run(session, parsed.GetRequiredValue(runs), parsed.GetValue(file)))(parsed, cancel));
        return command;
    }

    private static int Run(Session session, string[] paths, string? asked)
    {
        string file = asked ?? (paths.Length == 1 && Directory.Exists(paths[0]) ? Path.Combine(paths[0], "report.html") : "report.html");
        if (DryRun.IsAsked(session.Parsed))
        {
            return DryRun.Write(
                session, "report",
                new Dictionary<string, JsonElement> { ["RUN"] = JsonOutput.Element(paths), ["out"] = JsonOutput.Element(file) });
        }

        ReportFolders folders = ReportFolders.Find(paths);
        if (folders.Training.Count + folders.Contrastive.Count + folders.Sparse.Count == 0)
        {
            throw folders.Complete is [string complete, ..]
                ? new UsageException(
                    $"\"{complete}\" is no training run; the command that made it wrote its report.", $"Open {Path.Combine(complete, "report.html")}.")
                : new UsageException(
                    $"\"{folders.Others[0]}\" holds no config.json, so it is no run folder, and none lies in it.",
                    "A run folder is what `sharpless train --out DIR` fills.");
        }

        List<(string File, IReadOnlyList<string> Runs, Action<string> Write)> pages = Pages(session, folders, file, asked is not null);
        foreach ((string page, _, _) in pages) OutputFile.Report.Require(session.Parsed, "--out", page);
        foreach ((string page, _, Action<string> write) in pages) write(page);
        Tell(session, [.. pages.Select(page => (page.File, page.Runs))], folders);
        return ExitCode.Done;
    }

    // The first page gets the file that was asked for; those of other kinds lie beside it, or in their run.
    private static List<(string File, IReadOnlyList<string> Runs, Action<string> Write)> Pages(
        Session session, ReportFolders folders, string file, bool isAsked)
    {
        List<(string File, IReadOnlyList<string> Runs, Action<string> Write)> pages = [];
        if (folders.Training.Count > 0)
            pages.Add((file, folders.Training, page => ReportWriter.Write([.. folders.Training.Select(RunRecord.Load)], page)));
        if (folders.Contrastive.Count > 0)
        {
            string beside = Path.Combine(Path.GetDirectoryName(file)!, $"{Path.GetFileNameWithoutExtension(file)}-contrast.html");
            pages.Add((pages.Count == 0 ? file : beside, folders.Contrastive, page => ContrastiveReport.Write(
                folders.Contrastive, page, DataFolderOption.Read(session.Parsed), session.Device, session.Errors.WriteLine)));
        }

        foreach (string sparse in folders.Sparse)
        {
            bool isAlone = pages.Count == 0 && folders.Sparse.Count == 1 && isAsked;
            pages.Add((isAlone ? file : Path.Combine(sparse, "report.html"), [sparse], page => SparseReport.Write(sparse, page)));
        }

        return pages;
    }

    private static void Tell(Session session, List<(string File, IReadOnlyList<string> Runs)> pages, ReportFolders folders)
    {
        foreach (string other in folders.Others) session.Errors.WriteLine($"left out: \"{other}\" is no run with an evaluation, and holds none");
        session.WriteJson(new
        {
            Report = pages[0].File,
            pages[0].Runs,
            Reports = pages.Select(page => new { Report = page.File, page.Runs }),
            Complete = folders.Complete.Select(folder => Path.Combine(folder, "report.html")),
            LeftOut = folders.Others,
        });
        if (session.Json) return;
        foreach ((string file, IReadOnlyList<string> runs) in pages) session.Output.WriteLine($"Report of {runs.Count} {(runs.Count == 1 ? "run" : "runs")}: {file}");
        foreach (string folder in folders.Complete) session.Output.WriteLine($"Its own report: {Path.Combine(folder, "report.html")}");
    }
}
