using System.CommandLine;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Sharpless.Contrastive;
using Sharpless.Data.Captions;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless contrast-rank</c>: ranks at every layer of an image-text run, activity of its units, and retrieval.</summary>
internal static class ContrastRankCommand
{
    private static readonly Option<string?> Run = new("--run") { Description = "Run folder, as `sharpless contrast` writes it.", HelpName = "DIR" };
    private static readonly Option<string> Split = TextOption.Word("--split", "Split whose pairs are looked at.", "test", "NAME");
    private static readonly Option<string?> Data = new("--data") { Description = "Captioned pictures: a folder in COCO's layout, or the name of one in --data-dir [default: those of the run].", HelpName = "DIR" };
    private static readonly Option<int[]> Layers = LayersOption.Create();
    private static readonly Option<int> BatchSize = NumberOption.Integer("--bs", "Pairs in a batch.", new ContrastiveRankOptions().BatchSize, minimum: 1);
    private static readonly Option<int> Batches = NumberOption.Integer("--n-eval-batches", "Batches whose features are measured; retrieval is over the whole split.", new ContrastiveRankOptions().Batches, minimum: 1);
    private static readonly Option<double[]> Thresholds = SpectrumOptions.Thresholds();
    private static readonly Option<string> Center = SpectrumOptions.Center();
    private static readonly Option<double> Active = NumberOption.Real("--active-threshold", "Above it a hidden activation is active [default: a tenth of the largest, as published].", 0, _ => true, "finite").WithoutDefault();
    private static readonly Option<string?> FeaturesOut = new("--features-out") { Description = "Also write the features: an npz file with one float32 array (N, d) per tap.", HelpName = "FILE" };

    // The run's config.json holds them, so they need not be given; where they are, they must be right.
    private static readonly Option<int> Projection = NumberOption.Integer("--projection-dim", "Width of the embeddings; the run knows it, and another one is refused.", 0, minimum: 1).WithoutDefault();
    private static readonly Option<int> Bottleneck = NumberOption.Integer("--bottleneck-dim", "Units of the bottleneck; the run knows them, and others are refused.", 0, minimum: -1).WithoutDefault();

    /// <summary>The command, ready to be added to the root.</summary>
    internal static Command Create()
    {
        Run.Aliases.Add("--model-path");
        var command = new Command(
            "contrast-rank",
            """
            Feature rank at every layer of both encoders of an image-text run, activity of the image encoder's units, retrieval over the whole split.
            Example: sharpless contrast-rank --run runs/emoji --return-layer all
            """)
        {
            Run, Split, Data, Layers, BatchSize, Batches, Thresholds, Center, Active, FeaturesOut, OutputFile.Force(), Projection, Bottleneck, DataFolderOption.Create(), DryRun.Option(),
        };
        new EffectTable().Beside(["--force"], FeaturesOut.Name).Govern(command);
        command.SetAction(Session.Action((session, cancel) => Measure(session, session.Parsed, cancel)));
        return command;
    }

    private static int Measure(Session session, ParseResult parsed, CancellationToken cancel)
    {
        string folder = parsed.GetValue(Run) ?? throw new UsageException("No run was named.", "Name a folder that `sharpless contrast --out` filled: --run DIR");
        OutputFile.Features.Require(parsed, FeaturesOut.Name, parsed.GetValue(FeaturesOut));
        var options = new ContrastiveRankOptions
        {
            Layers = parsed.GetValue(Layers)!,
            BatchSize = parsed.GetValue(BatchSize),
            Batches = parsed.GetValue(Batches),
            Centering = SpectrumOptions.CenteringOf(parsed.GetValue(Center)!),
            ActiveThreshold = parsed.GetResult(Active) is null ? null : parsed.GetValue(Active),
        };
        if (DryRun.IsAsked(parsed)) return DryRun.Write(session, "contrast-rank");
        using ContrastiveRun run = ContrastiveRun.Open(folder, session.AskedPrecision, session.Device, cancel);
        RequireSame(parsed, Projection, run.Options.Projection);
        RequireSame(parsed, Bottleneck, run.Options.Bottleneck);
        string split = parsed.GetValue(Split)!;
        CaptionReader reader = run.Read(parsed.GetValue(Data), split, DataFolderOption.Read(parsed));
        foreach (string item in reader.Set.PassedOver) session.Errors.WriteLine($"note: passed over: {item}.");
        using ContrastiveRankResult result = AnalysisProgress.Show(
            session, split, reader.Set.Count, "pairs", progress => ContrastiveRank.Run(run, reader, options, progress), cancel);
        if (parsed.GetValue(FeaturesOut) is { } file) FeatureArchive.Write(file, [.. result.Taps.Select(tap => tap.Features.Entry(tap.Tap))]);

        var ranks = new RankResult
        {
            Thresholds = parsed.GetValue(Thresholds)!,
            Centering = options.Centering,
            Taps = [.. result.Taps.Select(tap => new TapFeatures(tap.Tap, FeatureFile.Analyse(folder, tap.Tap, () => FeatureSpectrum.Of(tap.Features, options.Centering, cancel: cancel)), null, null))],
            ListsSingularValues = false,
        };
        var outcome = new ContrastRankOutcome(folder, run.Options, split, result, ranks, reader.Set.PassedOver);
        session.WriteJson(outcome.Document);
        if (!session.Json) outcome.Print(session);
        return ExitCode.Done;
    }

    private static void RequireSame(ParseResult parsed, Option<int> option, int value)
    {
        if (parsed.GetResult(option) is not null && Math.Max(0, parsed.GetValue(option)) != Math.Max(0, value))
            throw new UsageException($"{option.Name} is {parsed.GetValue(option)}, but that of the run is {value}.", $"Leave {option.Name} out.");
    }
}
