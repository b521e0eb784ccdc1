using System.Diagnostics;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>Trains a classifier as arXiv:2305.16292 does, in a run folder that survives being killed at any instruction.</summary>
public static class Trainer
{
    /// <summary>Steps in a row whose gradient may be not finite before the run gives up.</summary>
    public const int MaximumSkippedInARow = 10;

    private const string CommandName = "train";

    /// <summary>Whether a folder holds this run, finished.</summary>
    /// <exception cref="UsageException">It holds another run.</exception>
    public static bool IsFinished(TrainOptions options, string folder) => IsFinished(options, folder, null);

    /// <summary>Whether a process is at work in the folder of a run at this moment.</summary>
    public static bool IsRunning(string folder) => RunFolder.IsInUse(folder);

    /// <summary>Refuses a run whose published data sets are not there, before one of them is read.</summary>
    /// <param name="options">The run.</param>
    /// <param name="dataFolder">Where data sets are; null for the default.</param>
    /// <exception cref="UsageException">One is not there, or there is none of that name.</exception>
    public static void RequireData(TrainOptions options, string? dataFolder)
    {
        ArgumentNullException.ThrowIfNull(options);
        string folder = DataFolder.Resolve(dataFolder);
        if (DataSets.Named(options.DataSet) is KnownSet set && set.Locate(folder) is null) throw set.Absent(folder);
        if (options.AnalyzesFeatures) NeighbourData.RequireThere(options, folder);
    }

    /// <summary>Runs, or goes on with a run, to its end.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="place">Where: folders, device, and how often to save.</param>
    /// <param name="progress">Told after every step; null for nobody.</param>
    /// <param name="cancel">Ends the run after the step under way, with a checkpoint.</param>
    /// <returns>The result, which is also in <c>result.json</c>.</returns>
    /// <exception cref="UsageException">Something given cannot be used; told before work begins.</exception>
    /// <exception cref="FailureException">Training diverged.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the same command with --resume goes on.</exception>
    public static TrainResult Run(TrainOptions options, TrainPlace place, Action<TrainProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(place);
        if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless train --help.");

        options = options.WithFullPaths();
        if (place.Resumes && IsFinished(options, place.Folder, place.Warn)) return TrainResult.Load(place.Folder);

        // Everything that can be refused is read before the folder is taken.
        RequireData(options, place.DataFolder);
        using var runScope = NewDisposeScope();
        var given = TrainingData.Load(options, DataFolder.Resolve(place.DataFolder));
        ImageData data = given.Images;
        var split = DataSplit.Create(data, options.Seed, options.Split);
        (Classifier model, IReadOnlyDictionary<string, Tensor> mask) = InitialModel.Create(options, data);
        if (options.ProblemsWith(model, data.Classes).ToList() is { Count: > 0 } misfits) throw new UsageException(string.Join(" ", misfits), "See sharpless train --help.");
        SingleValues.Refuse(options, model, data);
        var batches = new TrainingBatches(options, data, split, place.Device);
        using var evaluation = new TrainEvaluation(options, place, model, given, split, cancel);
        foreach (string note in evaluation.Notes) place.Warn?.Invoke(note);
        long total = (long)options.Epochs * batches.PerEpoch;
        var pruning = GradualPruning.Of(options, total);
        RunIdentity identity = IdentityOf(options, data, evaluation.NeighbourImages, model, mask);
        using RunFolder folder = RunFolder.Take(place.Folder, CommandName, options, place.Resumes);

        using var weights = new WeightSpace(model, options.Precision, place.Device);
        if (mask.Count > 0) weights.SetMask(mask);
        Runtime.Seed(options.Seed);                                              // dropout and noise draw from the default generator; a checkpoint holds its state
        using Optimizer optimizer = options.CreateOptimizer(model, weights);
        LearningRateSchedule schedule = options.LearningRate;
        RadiusSchedule radius = options.Radius;
        var objective = new Objective(options, model, weights);
        using AveragedWeights? average = options.AveragesWeights ? new AveragedWeights(options, model, weights, evaluation, batches, cancel) : null;
        var metrics = new MetricsLog(folder.Metrics, [.. evaluation.Columns, .. average?.Columns ?? []]);
        var checkpoint = new Checkpoint(
            folder, identity, metrics, model, weights, optimizer.BaseOptimizer.State, optimizer.State, average?.State ?? new Dictionary<string, Tensor[]>());

        // ---------------------------------------------------------------- resume
        TrainState? saved = checkpoint.Load(place.Warn);
        TrainState state = saved ?? new TrainState();
        bool isFresh = saved is null;
        if (folder.IsNew) AtomicFile.WriteAllText(folder.Configuration, RunConfiguration.Write(identity, place, evaluation.ModelFacts(weights.Count), evaluation.DataFacts()));
        if (isFresh) folder.Note(folder.Configuration);
        string divergedHint = $"A smaller --lr-max or --sam-rho helps. The last checkpoint is in {folder.Path}.";
        using var events = EventFile.Open(folder.Path, state, metrics.Rows);
        folder.Log(isFresh ? "start" : $"resume after iteration {state.Position}");
        long started = Stopwatch.GetTimestamp();
        double earlierSeconds = state.Seconds;

        // Published: two epochs of the examples that are not for validation.
        long period = options.EvaluationPeriod > 0 ? options.EvaluationPeriod : Math.Max(1, 2 * (split.Train.Length / options.BatchSize));

        // ---------------------------------------------------------------- iteration 0: look at one batch, take no step
        if (isFresh)
        {
            using var scope = NewDisposeScope();
            optimizer.Rho = radius.At(0, schedule.At(0));
            if (!options.SkipsFirstLook)
            {
                StepResult look = optimizer.Look(LossesOf(0));
                state = state with { ObjectiveSum = look.PerturbedLoss, PenaltySum = objective.Penalty, ObjectiveCount = 1 };
            }

            Evaluate(0);
        }
        else if (state.EvaluationIsDue)
        {
            Evaluate(state.Iteration);
            Save();
        }

        // ---------------------------------------------------------------- training
        for (long iteration = state.Iteration + 1; iteration <= total; iteration++)
        {
            long stepStarted = Stopwatch.GetTimestamp();
            using (NewDisposeScope())                                          // frees every temporary of this step
            {
                double learningRate = schedule.At((double)iteration / batches.PerEpoch);
                optimizer.BaseOptimizer.LearningRate = learningRate;
                optimizer.Rho = radius.At(batches.EpochOf(iteration), learningRate);
                state = state.After(optimizer.Step(LossesOf(iteration)), iteration, objective.Penalty);
                pruning?.After(iteration, model, weights);
                average?.Update();
            }

            state = state with { TrainingSeconds = state.TrainingSeconds + Stopwatch.GetElapsedTime(stepStarted).TotalSeconds };
            if (state.SkippedInARow >= MaximumSkippedInARow) throw Diverged(iteration);
            Tell("training");
            bool isDue = iteration % period == 0 || iteration == total;
            if (options.SnapshotPeriod > 0 && iteration % (options.SnapshotPeriod * (long)batches.PerEpoch) == 0) SaveSnapshot(batches.EpochOf(iteration));
            if (isDue) Evaluate(iteration);
            if (isDue || iteration % place.CheckpointPeriod == 0 || cancel.IsCancellationRequested) Save();
            if (cancel.IsCancellationRequested && iteration < total)
            {
                folder.Log($"stopped after iteration {iteration}");
                throw new OperationCanceledException($"Stopped after step {iteration} of {total}; the state is saved.");
            }
        }

        // ---------------------------------------------------------------- end
        WeightFile.Write(folder.Weights, model, weights);
        WeightFile.WriteMask(folder.Weights, weights);
        var result = new TrainResult(place.Folder, options.Epochs, metrics.Rows[^1].Values, Seconds(), state.StepsPerSecond)
        {
            Steps = total, NeighbourDataSet = evaluation.NeighbourDataSet, LeftOut = data.LeftOut, Warnings = evaluation.Notes,
        };
        folder.Finish(result.Document, state.Ending(result.Divergence));
        return result;

        IReadOnlyList<BatchLoss> LossesOf(long iteration)
        {
            TrainingBatch batch = batches.At(iteration);
            return objective.PartsOf(batch, options.SamUsesPreviousBatch && iteration > 0 ? batches.At(iteration - 1) : null);
        }

        void SaveSnapshot(long epoch)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.Snapshot(epoch))!);
            WeightFile.Write(folder.Snapshot(epoch), model, weights);
            WeightFile.WriteMask(folder.Snapshot(epoch), weights);
            NoteWeights(folder.Snapshot(epoch));
        }

        void NoteWeights(string path)
        {
            folder.Note(path);
            folder.Note(MaskFile.PathFor(path));
        }

        double Seconds() => earlierSeconds + Stopwatch.GetElapsedTime(started).TotalSeconds;

        void Tell(string phase) => progress?.Invoke(
            new TrainProgress(state.Iteration, total, state.Objective, state.StepsPerSecond, phase, metrics.Rows.Count > 0 ? metrics.Rows[^1] : null));

        void Save() => checkpoint.Save(state = state with { Seconds = Seconds(), EventBytes = events.Length, EventHash = events.Hash });

        void Evaluate(long iteration)
        {
            try
            {
                Measure(iteration);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                state = state with { EvaluationIsDue = true };
                Save();
                folder.Log($"stopped after iteration {state.Position}");
                throw new OperationCanceledException($"Stopped after step {iteration} of {total}, before its evaluation was done; the state is saved.", cancel);
            }
        }

        void Measure(long iteration)
        {
            Tell("evaluating");
            using var before = RememberedState.Of(model);                        // whatever is measured, the training goes on as without it
            using var scope = NewDisposeScope();
            double epoch = (double)iteration / batches.PerEpoch;
            EvaluationRecord row;
            try
            {
                row = evaluation.Run(epoch, schedule.At(epoch), state, weights, folder);
            }
            catch (InvalidDataException error)
            {
                // The images are finite, so features that are not come from the weights.
                throw new FailureException($"The evaluation of step {iteration} failed: {error.Message}", divergedHint, error);
            }

            row = average?.AddTo(row, folder.AverageWeights) ?? row;
            if (iteration == total) NoteWeights(folder.AverageWeights);          // earlier ones are written again
            metrics.Add(row);
            events.Write(row);
            state = state with { ObjectiveSum = 0, PenaltySum = 0, ObjectiveCount = 0, EvaluationIsDue = false };
            if (iteration == 0) Save();
            Tell("training");
        }

        FailureException Diverged(long iteration) => new(
            $"The gradient was not finite in {MaximumSkippedInARow} steps in a row, up to step {iteration}; these steps were skipped.", divergedHint);
    }

    private static bool IsFinished(TrainOptions options, string folder, Action<string>? warn)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!File.Exists(Path.Combine(folder, "result.json"))) return false;
        using RunFolder run = RunFolder.Take(folder, CommandName, options.WithFullPaths(), resume: true);
        return run.IsFinished(warn);
    }

    private static RunIdentity IdentityOf(TrainOptions options, ImageData data, IReadOnlyList<ImageSet> neighbours, Classifier model, IReadOnlyDictionary<string, Tensor> mask)
    {
        var given = new SortedDictionary<string, string>(StringComparer.Ordinal) { [RunIdentity.Data] = RunIdentity.HashOf(data) };
        if (neighbours.Count > 0) given[RunIdentity.NeighbourData] = RunIdentity.HashOf(neighbours);
        if (options.InitialWeights.Length > 0) given[RunIdentity.InitialWeights] = SealedFile.Hash([.. ModuleState.Of(model), .. mask.Select(item => (item.Key, item.Value))]);
        return new RunIdentity(CommandName, options, given);
    }
}
