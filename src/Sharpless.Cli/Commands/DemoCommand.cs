using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report;
using Sharpless.Data;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless demo</c>: the same small network on Fashion-MNIST at several ρ, a table and a report. The first thing a newcomer runs.</summary>
internal static class DemoCommand
{
    private static readonly double[] Radii = [0, 0.1, 0.4];

    internal static Command Create()
    {
        var output = new Option<string?>("--out") { Description = "Folder of the runs and the report [default: runs/TIME-demo].", HelpName = "DIR" };
        var command = new Command(
            "demo",
            """
            Train the same small network on Fashion-MNIST at several rho, and show what sharpness-aware minimization does to it.
            Takes a few minutes on two cores. Example: sharpless demo
            """)
        {
            output, DataFolderOption.Create(), DryRun.Option(),
        };
        command.SetAction(Session.Action((session, cancel) =>
        {
            if (DryRun.IsAsked(session.Parsed)) return DryRun.Write(session, "demo", Resolved(session));
            string folder = session.Parsed.GetValue(output) ?? RunNames.New("demo");
            OutputFile.Report.Require(session.Parsed, "--out", Path.Combine(folder, "report.html"));
            GetPictures(session, cancel);
            List<(string Label, double Rho, TrainResult Result)> results = [];
            foreach (double rho in Radii)
            {
                string label = string.Create(CultureInfo.InvariantCulture, $"rho {rho}");
                var place = new TrainPlace
                {
                    Folder = Path.Combine(folder, label.Replace(' ', '-')), Resumes = true, DataFolder = DataFolderOption.Read(session.Parsed), Device = session.Device, Warn = session.Warn,
                };
                TrainOptions options = Setting with { SamRho = rho, Seed = session.Seed, Precision = session.Precision };
                results.Add((label, rho, TrainProgressView.Show(session, label, tell => Trainer.Run(options, place, tell, cancel))));
            }

            string report = Path.Combine(folder, "report.html");
            ReportWriter.Write([.. results.Select(item => RunRecord.Load(item.Result.Run))], report);
            if (!session.Json) TrainTables.Write(session.Console, [.. results.Select(item => (item.Label, item.Result))], report);
            return session.End(Document(results, report), results.Select(item => DivergedRun.Failure(item.Result)).FirstOrDefault(failure => failure is not null));
        }));
        return command;
    }

    // A newcomer has no data sets. Other commands leave it to their user what is fetched.
    private static void GetPictures(Session session, CancellationToken cancel)
    {
        KnownSet set = DataSets.KnownNamed(Setting.DataSet);
        string folder = DataFolder.Resolve(DataFolderOption.Read(session.Parsed));
        if (set.Locate(folder) is null) set.Get(folder, new ProgressLines(session.Errors), cancel);
    }

    private static Dictionary<string, object> Document(IReadOnlyList<(string Label, double Rho, TrainResult Result)> results, string report) => new()
    {
        ["runs"] = results.Select(item =>
        {
            var final = (IReadOnlyDictionary<string, object>)item.Result.Document["final"]!;
            return new Dictionary<string, object>
            {
                ["rho"] = item.Rho, ["test_error"] = final["test_error"], ["knn_error"] = final["knn_error"], ["feature_rank"] = final["feature_rank"], ["run"] = item.Result.Run,
                ["diverged"] = item.Result.Divergence is not null,
            };
        }),
        ["report"] = report,
        ["seconds"] = results.Sum(item => item.Result.Seconds),
    };

    private static Dictionary<string, JsonElement> Resolved(Session session) =>
        new((Setting with { Seed = session.Seed, Precision = session.Precision }).Resolved()) { ["sam-rho"] = JsonOutput.Element(Radii) };

    private static TrainOptions Setting => new()
    {
        DataSet = "fashion_mnist",
        Model = "resnet18",
        ModelWidth = 8,
        Epochs = 2,
        BatchSize = 128,
        MaximumLearningRate = 0.1,
        Schedule = "constant",
        Momentum = 0,
        TestCount = 5000,
        AnalysisCount = 4096,
        EvaluationPeriod = 234,
        AnalyzesFeatures = true,
    };
}
