using System.CommandLine;
using System.Globalization;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless knn</c>: nearest-neighbour and nearest-centroid error of a run, or of any features in files.</summary>
internal static class KnnCommand
{
    private static readonly Option<string?> TrainFeatures = File("--train-features", "Features that neighbours are looked for among: an npy, npz or safetensors file with arrays [N, P].");
    private static readonly Option<string?> TrainLabels = File("--train-labels", "Their labels: one array [N] of integers.");
    private static readonly Option<string?> TestFeatures = File("--test-features", "Features to classify, [M, P], under the same names.");
    private static readonly Option<string?> TestLabels = File("--test-labels", "Their labels, [M].");
    private static readonly Option<string?> Key = new("--key") { Description = "Name of the features in both files [default: all of them, one tap each].", HelpName = "NAME" };
    private static readonly Option<string?> RunFolder = new("--run") { Description = "Run folder, as `sharpless train` writes it, instead of files: the neighbours are training examples, the queries test examples of one data set.", HelpName = "DIR" };
    private static readonly Option<string?> DataSet = new("--knn-dataset") { Description = "With --run: that data set, or `same` for the one trained on [default: that of the run's own evaluations].", HelpName = "NAME" };
    private static readonly Option<string?> Taps = new("--taps") { Description = "Taps of the run, separated by commas [default: those it measured].", HelpName = "LIST" };
    private static readonly Option<int> K = NumberOption.Integer("--k", "Number of neighbours that vote.", 10, minimum: 1);

    private static readonly Option<string?>[] Files = [TrainFeatures, TrainLabels, TestFeatures, TestLabels];

    /// <summary>The command, ready to be added to the root.</summary>
    internal static Command Create()
    {
        var command = new Command(
            "knn",
            """
            Error of the k nearest neighbours (cosine similarity, majority vote) and of the nearest class mean.
            Example: sharpless knn --train-features a.npy --train-labels a-labels.npy --test-features b.npy --test-labels b-labels.npy
            """)
        {
            TrainFeatures, TrainLabels, TestFeatures, TestLabels, Key, RunFolder, DataSet, Taps, K, DataFolderOption.Create(), MemoryLimitOption.Create(), DryRun.Option(),
        };
        new EffectTable().NotBeside(["--key", "--memory-limit"], "--run").Beside(["--taps", "--data-dir", DataSet.Name], "--run").Govern(command);
        command.SetAction((parsed, cancel) => Session.Action((session, stop) => Run(session, parsed, stop))(parsed, cancel));
        return command;
    }

    private static int Run(Session session, ParseResult parsed, CancellationToken cancel)
    {
        string? run = parsed.GetValue(RunFolder);
        foreach (Option<string?> file in Files)
        {
            if (parsed.GetValue(file) is null == run is null)
            {
                throw run is null
                    ? new UsageException($"{file.Name} is missing.", $"Give all of {string.Join(", ", Files.Select(option => option.Name))}, or --run.")
                    : new UsageException($"{file.Name} does not go with --run.", "Give a run folder or files, not both.");
            }
        }

        if (DryRun.IsAsked(parsed)) return DryRun.Write(session, "knn");
        _ = session.Device; // sets the threads
        List<object> passedOver = [];
        (string? dataSet, IReadOnlyList<(string Tap, NeighbourErrors Errors)> errors) = run is null ? (null, OfFiles(session, parsed, passedOver, cancel)) : OfRun(session, parsed, run, cancel);
        var document = new Dictionary<string, object>
        {
            ["taps"] = errors.Select(item => new { item.Tap, item.Errors.KnnError, item.Errors.CentroidError, item.Errors.K, item.Errors.TrainExamples, item.Errors.TestExamples }),
        };
        if (passedOver.Count > 0) document["passed_over"] = passedOver;
        if (dataSet is not null) document["knn_dataset"] = dataSet;
        session.WriteJson(document);
        if (!session.Json) Print(session, dataSet, errors);
        return ExitCode.Done;
    }

    private static List<(string Tap, NeighbourErrors Errors)> OfFiles(Session session, ParseResult parsed, List<object> passedOver, CancellationToken cancel)
    {
        string trainPath = parsed.GetValue(TrainFeatures)!, testPath = parsed.GetValue(TestFeatures)!;
        ArrayFileOptions limits = MemoryLimitOption.Read(parsed);
        using ArrayFile trainFile = ArrayFile.Open(trainPath, limits), testFile = ArrayFile.Open(testPath, limits);
        long[] trainLabels = Labels(parsed.GetValue(TrainLabels)!, limits), testLabels = Labels(parsed.GetValue(TestLabels)!, limits);
        IReadOnlyList<(string Tap, StoredFeatures Features)> train = FeatureFile.Select(trainFile, trainPath, parsed.GetValue(Key)), test = FeatureFile.Select(testFile, testPath, parsed.GetValue(Key));
        var pairs = train.Select(item => (item.Tap, Train: item.Features, Test: Partner(item.Tap, train.Count, test, testPath))).ToList();
        foreach ((ArrayFile file, string path) in new[] { (trainFile, trainPath), (testFile, testPath) }) passedOver.AddRange(FeatureFile.TellForeign(session, file, path, parsed.GetValue(Key)));
        int k = parsed.GetValue(K);
        foreach ((string tap, StoredFeatures trainFeatures, StoredFeatures testFeatures) in pairs)
        {
            if (trainLabels.Length != trainFeatures.Examples) throw Mismatch(TrainLabels.Name, trainLabels.Length, trainPath, tap, trainFeatures);
            if (testLabels.Length != testFeatures.Examples) throw Mismatch(TestLabels.Name, testLabels.Length, testPath, tap, testFeatures);
            if (trainFeatures.Dimensions != testFeatures.Dimensions)
                throw new UsageException($"'{tap}' has {trainFeatures.Dimensions} features per example in {trainPath}, but {testFeatures.Dimensions} in {testPath}.", "Both must come from the same layer.");
            if (k > trainFeatures.Examples)
                throw new UsageException($"--k is {k}, but {trainPath}, '{tap}' has only {trainFeatures.Examples} examples.", $"Give --k {trainFeatures.Examples} or less.");
        }

        return [.. pairs.Select(pair => (pair.Tap, AnalysisProgress.Show(
            session, pair.Tap, pair.Test.Examples, "examples", progress => Errors(pair.Train, trainLabels, pair.Test, testLabels, pair.Tap, progress), cancel)))];

        NeighbourErrors Errors(StoredFeatures trainFeatures, long[] labels, StoredFeatures testFeatures, long[] labelsOfTest, string tap, IProgress<double> progress)
        {
            // The training features are read once for each batch of test features, so a copy in memory pays, where it fits.
            bool fits = trainFeatures.Examples * trainFeatures.Dimensions <= limits.MemoryLimit / 2 / trainFeatures.Type.ByteSize();
            using FeatureStore? copy = fits ? FeatureFile.Analyse(trainPath, tap, trainFeatures.Load) : null;
            NeighbourErrorCounter counter = FeatureFile.Analyse(trainPath, tap, () => new NeighbourErrorCounter(copy ?? (FeatureMatrix)trainFeatures, labels, k, cancel));
            return FeatureFile.Analyse(testPath, tap, () =>
            {
                counter.AddAll(testFeatures, labelsOfTest, progress);
                return counter.Result();
            });
        }
    }

    private static (string? DataSet, IReadOnlyList<(string Tap, NeighbourErrors Errors)> Errors) OfRun(Session session, ParseResult parsed, string folder, CancellationToken cancel)
    {
        using TrainedRun run = TrainedRun.Open(folder, DataFolderOption.Read(parsed), null, session.Device, cancel);
        string[]? asked = parsed.GetValue(Taps)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        IReadOnlyList<string> taps = asked is { Length: > 0 } ? asked : run.DefaultTaps;
        (string dataSet, IReadOnlyDictionary<string, NeighbourErrors> errors) = run.NeighbourErrorsAt(taps, parsed.GetValue(K), parsed.GetValue(DataSet));
        return (dataSet, [.. taps.Select(tap => (tap, errors[tap]))]);
    }

    private static StoredFeatures Partner(string tap, int taps, IReadOnlyList<(string Tap, StoredFeatures Features)> test, string testPath)
    {
        // One array on each side belongs together whatever the names are; npy files are named after their files.
        if (taps == 1 && test.Count == 1) return test[0].Features;
        return test.FirstOrDefault(item => item.Tap == tap).Features
            ?? throw new UsageException($"{testPath} holds no array '{tap}', which the training features have.", $"It has {string.Join(", ", test.Select(item => $"'{item.Tap}'"))}; choose one with --key.");
    }

    private static long[] Labels(string path, ArrayFileOptions limits)
    {
        using ArrayFile file = ArrayFile.Open(path, limits);
        if (file.Count != 1) throw new UsageException($"{path} holds {file.Count} arrays; labels must be one array of integers.", "Save the labels in a file of their own.");
        StoredArray labels = file[0];
        if (labels.ForeignType is string foreign) throw new UsageException($"{path} holds {foreign}; labels must be one-dimensional integers.", "Number the classes 0, 1, 2, ..., and save them as int64.");
        if (labels.Shape.Count != 1 || labels.Type.IsFloatingPoint())
            throw new UsageException($"{path} is [{string.Join(", ", labels.Shape)}] {labels.Type}; labels must be one-dimensional integers.", "Save them as labels.astype('int64').ravel().");
        return labels.ToInt64Array();
    }

    private static UsageException Mismatch(string option, int labels, string path, string tap, StoredFeatures features) =>
        new($"{option} has {labels} labels, but {path}, '{tap}' has {features.Examples} examples.", "Give one label for each row of the features, in the same order.");

    private static void Print(Session session, string? dataSet, IReadOnlyList<(string Tap, NeighbourErrors Errors)> errors)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("tap");
        foreach (string heading in (string[])["kNN error", "centroid error", "k", "training examples", "test examples"]) table.AddColumn(new TableColumn(heading).RightAligned());
        foreach ((string tap, NeighbourErrors item) in errors)
            table.AddRow(Markup.Escape(tap), Percent(item.KnnError), Percent(item.CentroidError), Text(item.K), Text(item.TrainExamples), Text(item.TestExamples));
        session.Console.Write(table);
        if (dataSet is not null) session.Output.WriteLine($"neighbours and queries: {dataSet}");
    }

    private static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "FILE" };

    private static string Percent(double error) => error.ToString("0.00 %", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
