using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>The options of <c>sharpless prune</c> for pruning in several steps with training between them.</summary>
internal sealed class PruneScheduleOptions
{
    internal const string OneShot = "one-shot", Iterative = "iterative", Cubic = "cubic";

    private static readonly TrainOptions Defaults = new();

    private readonly Option<string> _schedule = TextOption.Word(
        "--schedule", "one-shot; iterative: rounds of pruning and training; cubic: pruning along one training, fast at first. Both train as the run did.", OneShot, "NAME",
        OneShot, Iterative, Cubic);

    private readonly Option<int> _rounds = NumberOption.Integer("--rounds", "iterative: rounds; each keeps the same share of what is left.", 3, minimum: 1);
    private readonly Option<string> _rewind = new("--rewind")
    {
        Description = "iterative: what the surviving weights go back to before each training: none, the initial weights of the run, or those of a FILE.",
        DefaultValueFactory = _ => "none",
        HelpName = "none|initial|FILE",
    };

    private readonly Option<int> _every = NumberOption.Integer("--prune-every", "cubic: steps from one pruning to the next, over the first three quarters of the training.", 100, minimum: 1);
    private readonly Option<int> _epochs = NumberOption.Integer("--epochs", "Epochs of the training, for iterative of each round [default: the run's].", Defaults.Epochs, minimum: 1).WithoutDefault();
    private readonly Option<double> _learningRate = NumberOption.Real("--lr-max", "Its peak learning rate [default: the run's].", Defaults.MaximumLearningRate, value => value >= 0, "0 or more").WithoutDefault();
    private readonly Option<double> _rho = NumberOption.Real("--sam-rho", "Its radius of SAM; 0 trains without [default: the run's].", Defaults.SamRho, value => value >= 0, "0 or more").WithoutDefault();
    private readonly Option<string?> _dataSet = new("--dataset") { Description = "Its data set [default: the run's; a weight file needs one].", HelpName = "NAME" };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with a schedule that was broken off; its folder lies beside --out." };

    internal PruneScheduleOptions() => _learningRate.Aliases.Add("--lr");

    private IEnumerable<Option> All => [_schedule, _rounds, _rewind, _every, _epochs, _learningRate, _rho, _dataSet, _resume];

    internal void AddTo(Command command)
    {
        foreach (Option option in All) command.Options.Add(option);
    }

    /// <summary>Whether there is training to do.</summary>
    internal bool Trains(ParseResult parsed) => parsed.GetValue(_schedule) != OneShot;

    /// <summary>Refuses a scope that leaves the schedule nothing to do.</summary>
    /// <exception cref="UsageException">It is one.</exception>
    internal void RequireFit(ParseResult parsed, PruneOptions pruning)
    {
        string schedule = parsed.GetValue(_schedule)!;
        if (schedule != OneShot && pruning.Scope.Kind == PruneScopeKind.NM)
        {
            throw new UsageException($"The scope {pruning.Scope} says itself how much is pruned, so --schedule {schedule} has no steps to take.", "Leave --schedule out, or give another --scope with --amount.");
        }
    }

    /// <summary>The training of a run or of a weight file, with what was given here in its place; null for a weight file without a data set.</summary>
    /// <param name="session">For seed and precision.</param>
    /// <param name="network">What is pruned.</param>
    /// <param name="run">The run's folder, or null.</param>
    /// <param name="width">Base width of the network of a weight file.</param>
    /// <param name="batchSize">Examples in a batch; null for the run's.</param>
    internal TrainOptions? Training(Session session, StoredNetwork network, string? run, int width, int? batchSize)
    {
        ParseResult parsed = session.Parsed;
        if (run is null && parsed.GetValue(_dataSet) is null) return null;
        TrainOptions options = run is not null
            ? TrainOptions.OfRun(run)
            : new TrainOptions { Model = network.Model?.Name ?? ModelCatalog.Names[0], ModelWidth = width, Seed = session.Seed, Precision = session.Precision };
        return options with
        {
            Mask = MaskSource.File,
            PruneAmount = null,
            PruneScopeName = null,
            PruneExempt = null,
            PruneEvery = null,
            DataSet = parsed.GetValue(_dataSet) ?? options.DataSet,
            Epochs = IsGiven(parsed, _epochs) ? parsed.GetValue(_epochs) : options.Epochs,
            MaximumLearningRate = IsGiven(parsed, _learningRate) ? parsed.GetValue(_learningRate) : options.MaximumLearningRate,
            SamRho = IsGiven(parsed, _rho) ? parsed.GetValue(_rho) : options.SamRho,
            BatchSize = batchSize ?? options.BatchSize,
            Seed = IsGiven(parsed, CommonOptions.Seed) ? session.Seed : options.Seed,
            Precision = IsGiven(parsed, CommonOptions.Precision) ? session.Precision : options.Precision,
        };
    }

    /// <summary>Prunes and trains.</summary>
    /// <param name="session">For the progress.</param>
    /// <param name="network">What is pruned.</param>
    /// <param name="pruning">What is pruned, and how much at the end.</param>
    /// <param name="training">See <see cref="Training"/>.</param>
    /// <param name="folder">Where the trainings leave their files.</param>
    /// <param name="dataFolder">Where data sets are; null for the default.</param>
    /// <param name="cancel">Stops after the step under way.</param>
    internal PruneTraining Run(Session session, StoredNetwork network, PruneOptions pruning, TrainOptions training, string folder, string? dataFolder, CancellationToken cancel)
    {
        ParseResult parsed = session.Parsed;
        string schedule = parsed.GetValue(_schedule)!;
        var place = new TrainPlace { Folder = folder, Resumes = parsed.GetValue(_resume), DataFolder = dataFolder, Device = session.Device, Warn = session.Warn };
        if (schedule == Cubic)
        {
            TrainOptions gradual = training with
            {
                InitialWeights = network.WeightFile,
                PruneAmount = pruning.Amount ?? PruneOptions.DefaultAmount,
                PruneScopeName = $"{pruning.Scope}",
                PruneExempt = pruning.Exempt,
                PruneEvery = parsed.GetValue(_every),
            };
            return new PruneTraining(schedule, 1, folder, folder, TrainProgressView.Show(session, schedule, tell => Trainer.Run(gradual, place, tell, cancel)));
        }

        int rounds = parsed.GetValue(_rounds);
        string rewind = parsed.GetValue(_rewind)!;
        var iterative = new IterativePruning { Training = training, Pruning = pruning, Rounds = rounds, Rewind = Earlier(rewind, training, place), RewindName = File.Exists(rewind) ? Path.GetFullPath(rewind) : rewind };
        TrainResult result = TrainProgressView.Show(session, schedule, tell => iterative.Run(
            new StoredWeights(network.Weights, network.Live, network.Metadata), network.Model?.ChannelGroups ?? [], place,
            (round, at) => tell(at with { Iteration = ((round - 1) * at.TotalIterations) + at.Iteration, TotalIterations = rounds * at.TotalIterations }), cancel));
        return new PruneTraining(schedule, rounds, folder, Path.Combine(folder, $"round-{rounds}"), result);
    }

    private static IReadOnlyDictionary<string, Tensor>? Earlier(string rewind, TrainOptions training, TrainPlace place) => rewind switch
    {
        "none" => null,
        "initial" => IterativePruning.FirstWeights(training, place.DataFolder),
        _ when File.Exists(rewind) => WeightFile.Read(rewind),
        _ => throw new UsageException($"--rewind is '{rewind}', and there is no such file.", "Give none, initial, or a weight file of the same network."),
    };

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };
}
