using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report.Pretrained;
using Sharpless.Data;
using Sharpless.Data.Pictures;
using Sharpless.Pretrained;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Weights;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless pretrained-rank</c>: the rank of the features of published vision transformers, hybrids and Mixers.</summary>
internal static class PretrainedRankCommand
{
    private static readonly PretrainedRankOptionTable Table = new();
    private static readonly Option<string[]> Models = TextOption.List("--model-path", "Checkpoint: an npz file as published, a safetensors file with timm's names, or gs://BUCKET/..., which is looked up in models/ of the data folder. Several separated by commas are compared.", "FILES");
    private static readonly Option<string?> Data = new("--data") { Description = "Pictures: DIR/*, DIR/CLASS/* or DIR/SPLIT/CLASS/*, taken in the order of their names [default: imagenet in the data folder].", HelpName = "DIR" };
    private static readonly Option<string> Split = TextOption.Word("--split", "Split, where the folder has splits: train, val or test.", "train", "NAME");
    private static readonly Option<double[]> Thresholds = SpectrumOptions.Thresholds();
    private static readonly Option<int> Heads = NumberOption.Integer("--heads", "Attention heads of a file with timm's names [default: one for each 64 of the width].", 0, minimum: 1).WithoutDefault();
    private static readonly Option<string> Gelu = TextOption.Word(
        "--gelu", "Activation of a checkpoint whose names do not tell it: exact, tanh or quick (OpenAI's CLIP) [default: tanh with published names, exact with timm's; CLIP needs it].", "", "FORM",
        "exact", "tanh", "quick").WithoutDefault();
    private static readonly Option<string?> Output = new("--out") { Description = "New or empty folder for report.html and pretrained-rank.json [default: none].", HelpName = "DIR" };
    private static readonly Option<string?> Script =
        new("--torchscript")
        {
            Description = "Instead of a checkpoint, any network that was saved as TorchScript, at its output; weights of "
        + "two bytes become float32. It is a program: run what you trust.", HelpName = "FILE"
        };
    private static readonly Option<string?> Onnx = new("--onnx") { Description = "Instead of a checkpoint, any network in an ONNX file.", HelpName = "FILE" };
    private static readonly Option<string[]> Nodes = new("--nodes")
    {
        Description = "Nodes or values of the ONNX network to measure, by name, separated by commas [default: its "
            + "outputs]; `pretrained-rank nodes FILE` lists them.",
        HelpName = "LIST",
        CustomParser = result => NamesIn(result.Tokens[0].Value),
    };

    private static readonly Option<string?> Preprocess = new("--preprocess")
    {
        Description = "An ONNX file that prepares images for the network of --onnx, as ML.NET publishes with its own.",
        HelpName = "FILE",
    };
    private static readonly Option<PictureSize?> ImageSize = PictureSizeOption.Create();
    private static readonly Option<bool> IsDryRun = DryRun.Option();

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
            Models, Data, Split, Thresholds, Heads, Gelu, Onnx, Nodes, Preprocess, Script, ImageSize, Output,
                OutputFile.Force(), DataFolderOption.Create(), MemoryLimitOption.Create(), IsDryRun,
        };
        foreach (Option option in Table.Options) command.Options.Add(option);
        RefusedOption.AddTo(
            command, "modules", "TorchScript networks are measured at their output; --onnx with --nodes measures any "
                + "place");
        new EffectTable()
            .NotBeside([Models.Name, Heads.Name, Gelu.Name, Output.Name, .. Table.OfPublishedNetworks.Select(option => option.Name)], Script.Name)
            .NotBeside([Models.Name, Heads.Name, Gelu.Name, Output.Name, .. Table.OfPublishedNetworks.Select(option => option.Name)], Onnx.Name)
            .Beside([Nodes.Name, Preprocess.Name], Onnx.Name)
            .Add(
                ["--blue-first"],
                given => given.Value<string>("--normalization") == NormalizationOption.Caffe
                    ? "with --normalization caffe, which has it so" : null)
            .Beside([ImageSize.Name], Onnx.Name, Script.Name)
            .Add(["--token"], given => given.IsOn("--avg-tokens") ? "with --avg-tokens: the mean has no place" : null, _ => "Leave one of the two out.")
            .Add([Heads.Name], given => given.Value<string[]>(Models.Name) is { Length: > 0 } models && models.All(IsNpz) ? "with npz files, which tell it" : null)
            .Beside(["--force"], "--features-out")
            .Govern(command);
        command.Subcommands.Add(OnnxNodesCommand.Create());
        command.SetAction(Session.Action((session, cancel) => Run(session, session.Parsed, cancel)));
        return command;
    }

    private static int Run(Session session, ParseResult parsed, CancellationToken cancel)
    {
        ArrayFileOptions limits = MemoryLimitOption.Read(parsed);
        PretrainedRankOptions options = Table.Read(parsed, new PretrainedRankOptions { MemoryLimit = limits.MemoryLimit });
        string[] models = parsed.GetValue(Models) ?? [];
        string? dataFolder = DataFolderOption.Read(parsed), output = parsed.GetValue(Output);
        string? script = parsed.GetValue(Script), onnx = parsed.GetValue(Onnx);
        if (models.Length == 0 && script is null && onnx is null) throw new UsageException("No checkpoint was named.", "Name one or several with --model-path, or a network with --onnx or --torchscript.");
        if (script is not null && onnx is not null) throw new UsageException("--onnx and --torchscript each name a network.", "Name one of them.");
        if ((script ?? onnx) is not null && session.AskedPrecision == Precision.BFloat16)
            throw new UsageException($"--precision bf16 does not go with {(onnx is null ? Script.Name : Onnx.Name)}: the file says what its network computes in.", "Leave it out.");
        if (models.Length > 1 && options.FeaturesFile is not null) throw new UsageException("--features-out takes the features of one checkpoint.", "Name one with --model-path, or leave it out.");
        if (parsed.GetValue(IsDryRun)) return DryRun.Write(session, "pretrained-rank", Resolved(session, options, dataFolder));

        if (output is not null) RequireEmpty(output);
        OutputFile.Features.Require(parsed, "--features-out", options.FeaturesFile);
        if ((script ?? onnx) is string foreign) return RunForeign(session, foreign, PictureFolder.Open(DataOf(parsed, dataFolder), parsed.GetValue(Split)!), options, cancel);
        string[] paths = Array.ConvertAll(models, model => CheckpointPath.Require(model, dataFolder));
        PictureFolder pictures = PictureFolder.Open(DataOf(parsed, dataFolder), parsed.GetValue(Split)!);
        // All files are opened before the first one takes hours.
        foreach (string path in paths) Open(parsed, path, limits).Dispose();

        var outcomes = new List<PretrainedRankOutcome>();
        foreach ((string model, string path) in models.Zip(paths))
        {
            using Checkpoint checkpoint = Open(parsed, path, limits);
            if (checkpoint.PassedOver.Count > 0) session.Errors.WriteLine($"note: passed over in {path}, as no part of the encoder: {Some(checkpoint.PassedOver)}.");
            long started = Stopwatch.GetTimestamp();
            PretrainedRankResult result = AnalysisProgress.Show(
                session, Path.GetFileName(path), Math.Min(pictures.Names.Count, (double)options.BatchSize * options.Batches), "images",
                progress => PretrainedRank.Run(checkpoint, pictures, options, session.Precision, session.Device, progress, cancel), cancel);
            outcomes.Add(Told(session, model, pictures, options, session.Precision, result, Stopwatch.GetElapsedTime(started)));
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

    private static int RunForeign(Session session, string file, PictureFolder pictures, PretrainedRankOptions options, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        using IForeignNetwork network = session.Parsed.GetValue(Onnx) is null
            ? new ScriptNetwork(LoadScript(file, session.Device))
            : LoadOnnx(file, session.Parsed);
        PictureSize size = PictureSizeOption.Of(network, session.Parsed.GetValue(ImageSize), file);
        PretrainedRankResult result = AnalysisProgress.Show(
            session, Path.GetFileName(file), Math.Min(pictures.Names.Count, (double)options.BatchSize * options.Batches), "images",
            progress => ForeignRank.Run(network, size, pictures, options, session.Parsed.GetValue(Onnx) is null
                ? session.Device : default, progress, cancel), cancel);
        session.WriteJson(Told(session, file, pictures, options, Precision.Float32, result, Stopwatch.GetElapsedTime(started)).Document);
        return ExitCode.Done;
    }

    private static IForeignNetwork LoadOnnx(string file, ParseResult parsed)
    {
        var network = OnnxNetwork.Load(file, parsed.GetValue(Nodes) ?? [], Runtime.Threads);
        if (parsed.GetValue(Preprocess) is not string preparation) return network;
        try
        {
            return new PreparedNetwork(OnnxNetwork.Load(preparation, [], Runtime.Threads), network);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    // Names between commas; one that is part of a name comes after a backslash.
    private static string[] NamesIn(string list) =>
        [.. Regex.Split(list, @"(?<!\\),").Select(name => name.Trim().Replace("\\,", ",", StringComparison.Ordinal))
        .Where(name => name.Length > 0)];

    private static ScriptModule LoadScript(string file, Device device)
    {
        try
        {
            return ScriptModule.Load(file, device);
        }
        catch (ExternalException error)
        {
            throw new UsageException($"'{file}' cannot be run: {error.Message}",
                "--torchscript takes what torch.jit.save wrote.", error);
        }
    }

    private static PretrainedRankOutcome Told(
        Session session, string model, PictureFolder pictures, PretrainedRankOptions options, Precision precision, PretrainedRankResult result, TimeSpan time)
    {
        var outcome = new PretrainedRankOutcome
        {
            Model = model,
            Split = session.Parsed.GetValue(Split)!,
            Pictures = pictures,
            Options = options,
            Precision = precision,
            Thresholds = session.Parsed.GetValue(Thresholds)!,
            Result = result,
            Seconds = time.TotalSeconds,
        };
        foreach (string warning in outcome.Warnings) session.Errors.WriteLine($"warning: {warning}");
        if (!session.Json) outcome.Print(session);
        return outcome;
    }

    private static bool IsNpz(string model) => model.EndsWith(".npz", StringComparison.OrdinalIgnoreCase);

    private static Checkpoint Open(ParseResult parsed, string path, ArrayFileOptions limits) => Checkpoint.Open(
        path, new CheckpointOptions { Heads = parsed.GetResult(Heads) is null ? null : parsed.GetValue(Heads), Gelu = GeluOf(parsed.GetValue(Gelu)), Limits = limits });

    private static GeluForm? GeluOf(string? name) => name switch
    {
        "exact" => GeluForm.Exact,
        "tanh" => GeluForm.Tanh,
        "quick" => GeluForm.Quick,
        _ => null,
    };

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
        Option[] given = [Models, Data, Split, Thresholds, Heads, Gelu, Onnx, Nodes, Preprocess, Script, ImageSize,
            .. Table.Options];
        Dictionary<string, object?> resolved = given.ToDictionary(option => option.Name[2..], option => session.Parsed.GetValue<object?>(option.Name));
        (resolved["data"], resolved["taps"]) = (DataOf(session.Parsed, dataFolder), options.Places);
        if (options.Layers.Count == 0) resolved["return-layer"] = "all";
        resolved["precision"] = PretrainedRankOutcome.NameOf(session.Precision);
        return resolved.ToDictionary(item => item.Key, item => JsonOutput.Element(item.Value));
    }
}
