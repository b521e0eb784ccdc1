using System.CommandLine;
using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>The options of a training run, with the names and defaults of the published program.</summary>
internal sealed class TrainCommandOptions
{
    private static readonly TrainOptions Defaults = new();

    private readonly Option<string> _dataSet = Text("--dataset", "Data set: one of `sharpless data list`, or npz:FILE.", Defaults.DataSet, "NAME");
    private readonly Option<string> _model = Text("--model", "Network.", Defaults.Model, "NAME", [.. ModelCatalog.Names]);
    private readonly Option<int> _width = NumberOption.Integer("--model-width", "Base width of the network (64 in the paper); -1 for 64.", -1, minimum: -1);
    private readonly Option<int> _epochs = NumberOption.Integer("--epochs", "Epochs of training.", Defaults.Epochs);
    private readonly Option<int> _batchSize = NumberOption.Integer("--batch-size", "Examples in a batch.", Defaults.BatchSize, minimum: 1);
    private readonly Option<double> _learningRate = NumberOption.Real("--lr-max", "Peak learning rate.", Defaults.MaximumLearningRate, value => value >= 0, "0 or more");
    private readonly Option<string> _schedule = Text("--lr-schedule", "Learning rate over time.", Defaults.Schedule, "NAME", [.. LearningRateSchedule.Names]);
    private readonly Option<double> _warmupFactor = NumberOption.Real("--warmup-factor", "Growth of the rate in the first phase of piecewise_0Xepochs.", Defaults.WarmupFactor, value => value > 0, "above 0");
    private readonly Option<double> _warmupExponent = NumberOption.Real("--warmup-exp", "Exponent of that growth; 1 for a straight line.", Defaults.WarmupExponent, value => value > 0, "above 0");
    private readonly Option<double> _momentum = NumberOption.Real("--momentum", "Momentum of SGD.", Defaults.Momentum, value => value is >= 0 and < 1, "from 0 to below 1");
    private readonly Option<double> _weightDecay = NumberOption.Real("--l2-reg", "Weight decay over all weights.", Defaults.WeightDecay, value => value >= 0, "0 or more");
    private readonly Option<double> _rho = NumberOption.Real("--sam-rho", "Radius of SAM's perturbation, L2 over all weights; 0 trains without SAM.", Defaults.SamRho, value => value >= 0, "0 or more");
    private readonly Option<string> _samStatistics = Text("--sam-bn", "In which of SAM's passes batch norm moves its running statistics.", "both", "PASS", "both", "first", "second");
    private readonly Option<int> _period = NumberOption.Integer("--eval-iter-freq", "Steps from one evaluation to the next; -1 for two epochs.", Defaults.EvaluationPeriod, minimum: -1);
    private readonly Option<bool> _analyzes = new("--compute-feature-rank") { Description = "Measure feature rank, nearest-neighbour and nearest-centroid error at each evaluation." };
    private readonly Option<string[]> _taps = new("--taps") { Description = "Taps to measure them at, separated by commas [default: the last three of the network].", HelpName = "LIST", CustomParser = CommaList };
    private readonly Option<string> _neighbours = Text("--knn-dataset", "Data set of the nearest-neighbour error [default: the one trained on].", "", "NAME");
    private readonly Option<int> _evaluationBatchSize = NumberOption.Integer("--batch-size-eval", "Examples in a batch of an evaluation.", Defaults.EvaluationBatchSize, minimum: 1);
    private readonly Option<int> _testCount = NumberOption.Integer("--n-final-eval", "Test examples used, the first ones; -1 for all.", Defaults.TestCount, minimum: -1);
    private readonly Option<int> _fastCount = NumberOption.Integer("--n-eval-every-k-iter", "Training examples whose loss and error are measured.", Defaults.FastCount, minimum: 1);
    private readonly Option<int> _analysisCount = NumberOption.Integer("--n-analysis", "Training examples whose features are measured.", Defaults.AnalysisCount, minimum: 2);
    private readonly Option<bool> _noAugmentation = new("--no-data-augm") { Description = "Train on the images as they are." };
    private readonly Option<double> _share = NumberOption.Real("--frac-train", "Share of the training examples used, the first ones.", Defaults.TrainShare, value => value is > 0 and <= 1, "above 0 and at most 1");
    private readonly Option<string> _order = Text("--batch-order", "Order of the training examples.", "random", "ORDER", "random", "sequential");
    private readonly Option<string> _initialWeights = Text("--init", "Weights to start from, a safetensors file with the names of PyTorch's state_dict.", "", "FILE");
    private readonly Option<string> _mask = Text("--mask", "Which of these weights are pruned and stay 0: those of the mask FILE beside them (if it is there), the exact zeros, or none.", "file", "SOURCE", "file", "zeros", "none");
    private readonly Option<string> _experiment = Text("--exp-name", "Goes into the name of the run's folder where --out is not given.", "other", "NAME");

    private IEnumerable<Option> All =>
    [
        _dataSet, _model, _width, _epochs, _batchSize, _learningRate, _schedule, _warmupFactor, _warmupExponent, _momentum, _weightDecay, _rho, _samStatistics, _period, _analyzes, _taps,
        _neighbours, _evaluationBatchSize, _testCount, _fastCount, _analysisCount, _noAugmentation, _share, _order, _initialWeights, _mask, _experiment,
    ];

    internal void AddTo(Command command)
    {
        foreach (Option option in All) command.Options.Add(option);
    }

    internal TrainOptions Read(ParseResult parsed, Session session) => new()
    {
        DataSet = parsed.GetValue(_dataSet)!,
        Model = parsed.GetValue(_model)!,
        ModelWidth = parsed.GetValue(_width) is -1 ? ModelCatalog.DefaultWidth : parsed.GetValue(_width),
        Epochs = parsed.GetValue(_epochs),
        BatchSize = parsed.GetValue(_batchSize),
        MaximumLearningRate = parsed.GetValue(_learningRate),
        Schedule = parsed.GetValue(_schedule)!,
        WarmupFactor = parsed.GetValue(_warmupFactor),
        WarmupExponent = parsed.GetValue(_warmupExponent),
        Momentum = parsed.GetValue(_momentum),
        WeightDecay = parsed.GetValue(_weightDecay),
        SamRho = parsed.GetValue(_rho),
        SamStatistics = Enum.Parse<StatisticsPass>(parsed.GetValue(_samStatistics)!, ignoreCase: true),
        EvaluationPeriod = parsed.GetValue(_period),
        AnalyzesFeatures = parsed.GetValue(_analyzes),
        Taps = parsed.GetValue(_taps) ?? [],
        NeighbourDataSet = parsed.GetValue(_neighbours)!,
        EvaluationBatchSize = parsed.GetValue(_evaluationBatchSize),
        TestCount = parsed.GetValue(_testCount),
        FastCount = parsed.GetValue(_fastCount),
        AnalysisCount = parsed.GetValue(_analysisCount),
        NoAugmentation = parsed.GetValue(_noAugmentation),
        TrainShare = parsed.GetValue(_share),
        BatchOrder = Enum.Parse<BatchOrder>(parsed.GetValue(_order)!, ignoreCase: true),
        InitialWeights = parsed.GetValue(_initialWeights)!,
        Mask = Enum.Parse<MaskSource>(parsed.GetValue(_mask)!, ignoreCase: true),
        Seed = session.Seed,
        Precision = session.Precision,
    };

    /// <summary>Name of a run's folder where none is given.</summary>
    internal string Name(ParseResult parsed, TrainOptions options)
    {
        string data = options.DataSet.StartsWith("npz:", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(options.DataSet[4..]) : options.DataSet;
        return string.Create(CultureInfo.InvariantCulture, $"{parsed.GetValue(_experiment)}-{data}-{options.Model}-rho{options.SamRho}-seed{options.Seed}");
    }

    private static string[] CommaList(System.CommandLine.Parsing.ArgumentResult result) =>
        result.Tokens[0].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Option<string> Text(string name, string description, string fallback, string help, params string[] accepted)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => fallback, HelpName = help };
        if (accepted.Length > 0) option.AcceptOnlyFromAmong(accepted);
        return option;
    }
}
