using System.CommandLine;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless rank</c>: feature rank and spectrum of a run, or of any features in a file.</summary>
internal static class RankCommand
{
    private static readonly Option<string?> FeaturesFile = new("--features") { Description = "Features of any framework: an npy, npz or safetensors file with arrays [N, P].", HelpName = "FILE" };
    private static readonly Option<string?> Key = new("--key") { Description = "Name of the array in the file [default: all of them, one tap each].", HelpName = "NAME" };
    private static readonly Option<string?> RunFolder = new("--run") { Description = "Run folder, as `sharpless train` writes it, instead of a file.", HelpName = "DIR" };
    private static readonly Option<string?> Taps = new("--taps") { Description = "Taps of the run, separated by commas [default: those it measured].", HelpName = "LIST" };
    private static readonly Option<string?> FeaturesOut = new("--features-out") { Description = "Also write the features of the run: an npz file with one float32 array (N, P) per tap.", HelpName = "FILE" };

    private static readonly Option<bool> CountsUnits = new("--active-units") { Description = "Also count the units that are active (above 5 % of the largest activation) on more than 0, 1, 5 and 10 % of the examples." };
    private static readonly Option<bool> MeasuresDensity = new("--density") { Description = "Also measure the share of activations above 0, and count highly correlated units." };
    private static readonly Option<double> CorrelationThreshold = NumberOption.Real("--sparsity-corr-threshold", "Correlation above which --density takes two units as one; 1 switches that off.", new ActivationDensityOptions().CorrelationThreshold, value => value >= 0, "0 or more");
    private static readonly Option<bool> MeasuresGradients = new("--gradient-matrix") { Description = "Also measure the rank of the gradients of single examples (the logit of a random class), side by side; of a run only." };
    private static readonly Option<int> GradientExamples = NumberOption.Integer("--gradient-examples", "Examples of --gradient-matrix.", GradientMatrix.PublishedExamples, minimum: 1);
    private static readonly Option<int> GradientCoordinates = NumberOption.Integer("--gradient-coordinates", "Weights, drawn at random, whose gradients --gradient-matrix keeps.", GradientMatrix.PublishedCoordinates, minimum: 1);

    private static readonly Option<double[]> Thresholds = SpectrumOptions.Thresholds();
    private static readonly Option<string> Center = SpectrumOptions.Center();

    private static readonly Option<bool> RankOnly = new("--rank-only") { Description = "Ranks without the whole spectrum: much sooner where they are below a tenth of the order, and equal to those of the whole." };

    private static readonly Option<int> Examples = NumberOption.Integer("--examples", "Use only the first n examples; 0 for all.", 0);

    /// <summary>The command, ready to be added to the root.</summary>
    internal static Command Create()
    {
        var command = new Command(
            "rank",
            """
            Feature rank and singular values: how many principal components explain 99 % of the variance.
            Example: sharpless rank --features features.npy --center feature
            """)
        {
            FeaturesFile, Key, RunFolder, Taps, FeaturesOut, OutputFile.Force(), Thresholds, RankOnly, Center, Examples, CountsUnits, MeasuresDensity, CorrelationThreshold,
            MeasuresGradients, GradientExamples, GradientCoordinates, DataFolderOption.Create(), MemoryLimitOption.Create(), DryRun.Option(),
        };
        new EffectTable()
            .NotBeside(["--taps", "--features-out", "--data-dir"], "--features")
            .Add(["--gradient-matrix"], given => given.Has("--features") ? "with --features: gradients need the network" : null, _ => "Name its run folder with --run.")
            .NotBeside(["--key"], "--run")
            .Beside(["--force"], "--features-out")
            .Beside(["--sparsity-corr-threshold"], "--density")
            .Beside(["--gradient-examples", "--gradient-coordinates"], "--gradient-matrix")
            .Govern(command);
        command.SetAction((parsed, cancel) => Session.Action((session, stop) => Run(session, parsed, stop))(parsed, cancel));
        return command;
    }

    private static int Run(Session session, ParseResult parsed, CancellationToken cancel)
    {
        string? file = parsed.GetValue(FeaturesFile), run = parsed.GetValue(RunFolder);
        if (file is null == run is null) throw new UsageException("The command needs --features or --run, and not both.", "Name a file with features, or a run folder.");
        OutputFile.Features.Require(parsed, FeaturesOut.Name, parsed.GetValue(FeaturesOut));
        if (DryRun.IsAsked(parsed)) return DryRun.Write(session, "rank");
        _ = session.Device; // sets the threads

        Centering centering = SpectrumOptions.CenteringOf(parsed.GetValue(Center)!);
        RankResult result = new() { Thresholds = parsed.GetValue(Thresholds)!, Centering = centering, Taps = [] };
        result = file is not null
            ? OfFile(session, parsed, file, result, cancel)
            : OfRun(session, parsed, run!, result, cancel);
        session.WriteJson(result.Document);
        if (!session.Json) result.Print(session);
        return ExitCode.Done;
    }

    private static RankResult OfFile(Session session, ParseResult parsed, string path, RankResult result, CancellationToken cancel)
    {
        ArrayFileOptions limits = MemoryLimitOption.Read(parsed);
        using ArrayFile file = ArrayFile.Open(path, limits);
        IReadOnlyList<(string Tap, StoredFeatures Features)> taps = FeatureFile.Select(file, path, parsed.GetValue(Key), MaximumExamples(parsed));
        foreach ((string tap, StoredFeatures features) in taps) RequireMemory(path, tap, features, limits.MemoryLimit);
        return result with
        {
            PassedOver = FeatureFile.TellForeign(session, file, path, parsed.GetValue(Key)),
            Taps = [.. taps.Select(item => FeatureFile.Analyse(path, item.Tap, () => OfTap(session, parsed, item.Tap, item.Features, result.Centering, cancel)))],
        };
    }

    private static RankResult OfRun(Session session, ParseResult parsed, string folder, RankResult result, CancellationToken cancel)
    {
        using TrainedRun run = TrainedRun.Open(folder, DataFolderOption.Read(parsed), null, session.Device, cancel);
        string[]? asked = parsed.GetValue(Taps)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        IReadOnlyList<string> taps = asked is { Length: > 0 } ? asked : run.DefaultTaps;
        ReadOnlyMemory<int> examples = run.Split.Analysis;
        IReadOnlyDictionary<string, FeatureStore> features = run.Features(run.Data.Train, examples[..(int)Math.Min(examples.Length, MaximumExamples(parsed))], taps);
        try
        {
            long limit = MemoryLimitOption.Read(parsed).MemoryLimit;
            foreach (string tap in taps) RequireMemory(folder, tap, features[tap], limit);
            if (parsed.GetValue(FeaturesOut) is string file) FeatureArchive.Write(file, [.. taps.Select(tap => features[tap].Entry(tap))]);
            result = result with { Taps = [.. taps.Select(tap => FeatureFile.Analyse(folder, tap, () => OfTap(session, parsed, tap, features[tap], result.Centering, cancel)))] };
        }
        finally
        {
            foreach (FeatureStore store in features.Values) store.Dispose();
        }

        return parsed.GetValue(MeasuresGradients) ? result with { Gradients = Gradients(session, parsed, run, cancel) } : result;
    }

    private static TapFeatures OfTap(Session session, ParseResult parsed, string tap, FeatureMatrix features, Centering centering, CancellationToken cancel) => new(
        tap,
        Spectrum(session, parsed, tap, features, centering, cancel),
        parsed.GetValue(CountsUnits) ? ActiveUnits.Of(features, cancel) : null,
        parsed.GetValue(MeasuresDensity) ? ActivationDensity.Of(features, new ActivationDensityOptions { CorrelationThreshold = parsed.GetValue(CorrelationThreshold), Seed = session.Seed }) : null);

    private static GradientMatrix Gradients(Session session, ParseResult parsed, TrainedRun run, CancellationToken cancel)
    {
        using var generator = Generator.Seeded(session.Seed);
        int examples = parsed.GetValue(GradientExamples);
        return AnalysisProgress.Show(
            session, "gradients", examples, "examples", progress => run.GradientsOfExamples(examples, parsed.GetValue(GradientCoordinates), generator, progress), cancel);
    }

    private static FeatureSpectrum Spectrum(Session session, ParseResult parsed, string tap, FeatureMatrix features, Centering centering, CancellationToken cancel) => AnalysisProgress.Show(
        session, tap, (double)features.Examples * features.Dimensions / 1e6, "M features",
        progress => parsed.GetValue(RankOnly)
            ? FeatureSpectrum.UpTo(features, centering, parsed.GetValue(Thresholds)!, progress, cancel)
            : FeatureSpectrum.Of(features, centering, progress, cancel),
        cancel);

    private static void RequireMemory(string path, string tap, FeatureMatrix features, long limit)
    {
        long needed = FeatureSpectrum.MemoryFor(features.Examples, features.Dimensions);
        if (needed > limit)
        {
            throw new UsageException(
                $"{path}, '{tap}' is [{features.Examples}, {features.Dimensions}]; its spectrum takes {needed} bytes of memory, and the limit is {limit}.",
                "Take fewer examples (--examples), or raise --memory-limit.");
        }
    }

    private static long MaximumExamples(ParseResult parsed) => parsed.GetValue(Examples) is > 0 and int examples ? examples : long.MaxValue;
}
