using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report.Pretrained;
using Sharpless.Data;
using Sharpless.Data.Pictures;
using Sharpless.Pretrained;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless pretrained-rank</c>: the rank of the features of published vision transformers, hybrids and Mixers.</summary>
internal static class PretrainedRankCommand
{
    private static readonly PretrainedRankOptionTable Table = new();
    private static readonly Option<string[]> Models = TextOption.List("--model-path", "Checkpoint: an npz file as published, a safetensors file with timm's names, or gs://BUCKET/..., which is looked up in models/ of the data folder. Several separated by commas are compared.", "FILES");
    private static readonly Option<string?> Data = new("--data") { Description = "Pictures: DIR/*, DIR/CLASS/* or DIR/SPLIT/CLASS/*, taken in the order of their names [default: imagenet in the data folder].", HelpName = "DIR" };
    private static readonly Option<string> Split = TextOption.Word("--split", "Split, where the folder has splits: train, val or test.", "train", "NAME");
    private static readonly Option<double[]> Thresholds = SpectrumOptions.Thresholds();
    private static readonly Option<int?> Heads = new("--heads") { Description = "Attention heads of a file with timm's names [default: one for each 64 of the width].", HelpName = "n" };
    private static readonly Option<string?> Output = new("--out") { Description = "New or empty folder for report.html and pretrained-rank.json [default: none].", HelpName = "DIR" };
    private static readonly Option<bool> IsDryRun = new("--dry-run") { Description = "Check the arguments, print the resolved configuration and stop." };

    /// <summary>The command, ready to be added to the root.</summary>
    internal static Command Create()
    {
        var command = new Command(
            "pretrained-rank",
            """
            Feature rank of published ImageNet networks (ViT, hybrid, MLP-Mixer), at any block, all in one pass over the pictures; and their accuracy.
            Example: sharpless pretrained-rank --model-path ViT-B_16.npz --data imagenet/val --return-layer 6,8,12
            """)
        {
            Models, Data, Split, Thresholds, Heads, Output, DataFolderOption.Create(), MemoryLimitOption.Create(), IsDryRun,
        };
        foreach (Option option in Table.Options) command.Options.Add(option);
        command.SetAction(Session.Action((session, cancel) => Run(session, session.Parsed, cancel)));
        return command;
    }

    private static int Run(Session session, ParseResult parsed, CancellationToken cancel)
    {
        ArrayFileOptions limits = MemoryLimitOption.Read(parsed);
        PretrainedRankOptions options = Table.Read(parsed, new PretrainedRankOptions { MemoryLimit = limits.MemoryLimit });
        string[] models = parsed.GetValue(Models) ?? [];
        string? dataFolder = DataFolderOption.Read(parsed), output = parsed.GetValue(Output);
        if (models.Length == 0) throw new UsageException("No checkpoint was named.", "Name one or several with --model-path.");
        if (models.Length > 1 && options.FeaturesFile is not null) throw new UsageException("--features-out takes the features of one checkpoint.", "Name one with --model-path, or leave it out.");
        if (options.AveragesTokens == true && options.Token is not null) throw new UsageException("--token does not go with --avg-tokens: the mean has no place.", "Leave one of them out.");
        if (parsed.GetValue(IsDryRun)) return DryRun.Write(session, "pretrained-rank", Resolved(session, options, dataFolder));

        if (output is not null) RequireEmpty(output);
        string[] paths = Array.ConvertAll(models, model => CheckpointPath.Require(model, dataFolder));
        PictureFolder pictures = PictureFolder.Open(DataOf(parsed, dataFolder), parsed.GetValue(Split)!);
        // All files are opened before the first one takes hours.
        foreach (string path in paths) Open(parsed, path, limits).Dispose();

        var outcomes = new List<PretrainedRankOutcome>();
        foreach ((string model, string path) in models.Zip(paths))
        {
            using Checkpoint checkpoint = Open(parsed, path, limits);
            if (checkpoint.UnusedTensors.Count > 0) session.Errors.WriteLine($"note: {path} holds tensors that are not used: {Some(checkpoint.UnusedTensors)}.");
            long started = Stopwatch.GetTimestamp();
            PretrainedRankResult result = AnalysisProgress.Show(
                session, Path.GetFileName(path), Math.Min(pictures.Names.Count, (double)options.BatchSize * options.Batches), "images",
                progress => PretrainedRank.Run(checkpoint, pictures, options, session.Precision, session.Device, progress), cancel);
            var outcome = new PretrainedRankOutcome
            {
                Model = model,
                Split = parsed.GetValue(Split)!,
                Pictures = pictures,
                Options = options,
                Precision = session.Precision,
                Thresholds = parsed.GetValue(Thresholds)!,
                Result = result,
                Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            };
            foreach (string warning in outcome.Warnings) session.Errors.WriteLine($"warning: {warning}");
            if (!session.Json) outcome.Print(session);
            outcomes.Add(outcome);
        }

        var document = outcomes.Count == 1 ? outcomes[0].Document : new Dictionary<string, object?> { ["checkpoints"] = outcomes.Select(outcome => outcome.Document) };
        if (output is not null)
        {
            string report = PretrainedReport.Write(output, outcomes);
            document["report"] = report;
            if (!session.Json) session.Output.WriteLine($"report: {report}");
        }

        session.WriteJson(document);
        return ExitCode.Done;
    }

    private static Checkpoint Open(ParseResult parsed, string path, ArrayFileOptions limits) => Checkpoint.Open(path, new CheckpointOptions { Heads = parsed.GetValue(Heads), Limits = limits });

    private static void RequireEmpty(string folder)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new UsageException($"--out is '{folder}', which is there already.", "Name a new or an empty folder.");
    }

    private static string Some(IReadOnlyList<string> names) => string.Join(", ", names.Take(5)) + (names.Count > 5 ? $" and {names.Count - 5} more" : "");

    private static string DataOf(ParseResult parsed, string? dataFolder) => parsed.GetValue(Data) ?? Path.Combine(DataFolder.Resolve(dataFolder), "imagenet");

    // Every option that decides the outcome, as it is now.
    private static Dictionary<string, JsonElement> Resolved(Session session, PretrainedRankOptions options, string? dataFolder)
    {
        Option[] given = [Models, Data, Split, Thresholds, Heads, .. Table.Options];
        Dictionary<string, object?> resolved = given.ToDictionary(option => option.Name[2..], option => session.Parsed.GetValue<object?>(option.Name));
        (resolved["data"], resolved["taps"]) = (DataOf(session.Parsed, dataFolder), options.Places);
        if (options.Layers.Count == 0) resolved["return-layer"] = "all";
        resolved["precision"] = PretrainedRankOutcome.NameOf(session.Precision);
        return resolved.ToDictionary(item => item.Key, item => JsonSerializer.SerializeToElement(item.Value));
    }
}
