using System.Diagnostics;
using Sharpless.Data;
using Sharpless.Data.Captions;
using Sharpless.Optimization;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Contrastive;

/// <summary>Trains an image and a text encoder together as arXiv:2305.16292 does, in a run folder that survives being killed at any instruction.</summary>
public static class ContrastiveTrainer
{
    internal const string CommandName = "contrast";

    /// <summary>Runs, or goes on with a run, to its end.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="place">Where: folders, device, and how often to save.</param>
    /// <param name="progress">Told after every step; null for nobody.</param>
    /// <param name="cancel">Ends the run after the step under way, with a checkpoint.</param>
    /// <returns>The result, which is also in <c>result.json</c>.</returns>
    /// <exception cref="UsageException">Something given cannot be used; told before work begins.</exception>
    /// <exception cref="FailureException">Training diverged.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the same command with --resume goes on.</exception>
    public static ContrastiveResult Run(ContrastiveOptions options, TrainPlace place, Action<TrainProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(place);
        if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless contrast --help.");

        options = options.WithFullPaths();
        // Everything that can be refused is read before the folder is taken.
        using var runScope = NewDisposeScope();
        var parts = ContrastiveParts.Load(options, DataFolder.Resolve(place.DataFolder));
        ContrastiveModel model = parts.Model;
        var order = new CaptionOrder(parts.Train, options.BatchSize, options.BatchOrder, options.Caption, (ulong)options.Seed);
        long total = (long)options.Epochs * order.BatchesPerEpoch;
        string[] passedOver = [.. parts.PassedOver, .. parts.Train.PassedOver.Union(parts.Test.PassedOver)];
        var identity = new RunIdentity(CommandName, options, parts.Given(options));
        using RunFolder folder = RunFolder.Take(place.Folder, CommandName, options, place.Resumes);
        if (folder.IsFinished(place.Warn)) return ContrastiveResult.Load(place.Folder);

        using var weights = new WeightSpace(model, options.Precision, place.Device);
        Runtime.Seed(options.Seed);
        using Optimizer optimizer = options.CreateOptimizer(model, weights);
        LearningRateSchedule schedule = options.Schedule;
        int side = model.Form.Image.ImageSize;
        var embedder = new PairEmbedder(model, parts.Tokens, options.Precision, place.Device, cancel);
        CaptionReader train = new(parts.Train, side), test = new(parts.Test, side);
        var evaluation = new ContrastiveEvaluation(options, embedder, train, test, cancel);
        var metrics = new MetricsLog(folder.Metrics, ContrastiveEvaluation.Columns);
        var checkpoint = new Checkpoint(folder, identity, metrics, model, weights, optimizer.BaseOptimizer.State, optimizer.State);

        // ---------------------------------------------------------------- resume
        TrainState? saved = checkpoint.Load(place.Warn);
        TrainState state = saved ?? new TrainState();
        bool isFresh = saved is null;
        if (folder.IsNew) AtomicFile.WriteAllText(folder.Configuration, RunConfiguration.Write(identity, place, ContrastiveRun.Facts(model, parts.Tokens, weights.Count), DataFacts()));
        // A start that was killed in between has the configuration alone.
        if (!File.Exists(ContrastiveRun.VocabularyOf(folder.Path))) AtomicFile.WriteAllText(ContrastiveRun.VocabularyOf(folder.Path), parts.Tokens.Vocabulary.ToString());
        if (isFresh) folder.Note(folder.Configuration);
        if (isFresh) folder.Note(ContrastiveRun.VocabularyOf(folder.Path));
        string divergedHint = $"A smaller --lr or --rho helps. The last checkpoint is in {folder.Path}.";
        using var events = EventFile.Open(folder.Path, state, metrics.Rows);
        folder.Log(isFresh ? "start" : $"resume after iteration {state.Position}");
        long started = Stopwatch.GetTimestamp();
        double earlierSeconds = state.Seconds;
        if (total == 0 && isFresh) Evaluate();
        if (state.EvaluationIsDue)
        {
            Evaluate();
            Save();
        }

        // ---------------------------------------------------------------- training
        using IEnumerator<CaptionBatch> batches = train.Training(order, state.Iteration).GetEnumerator();
        for (long iteration = state.Iteration + 1; iteration <= total; iteration++)
        {
            long stepStarted = Stopwatch.GetTimestamp();
            batches.MoveNext();                                                  // waits where pictures take longer to decode than steps
            using (NewDisposeScope())                                          // frees every temporary of this step
            {
                using CaptionBatch batch = batches.Current;
                (Tensor Pictures, TokenBatch Tokens) pairs = embedder.Prepare(batch);
                optimizer.BaseOptimizer.LearningRate = schedule.At((double)(iteration - 1) / order.BatchesPerEpoch);
                state = state.After(optimizer.Step(() => Objective(pairs)), iteration);
            }

            state = state with { TrainingSeconds = state.TrainingSeconds + Stopwatch.GetElapsedTime(stepStarted).TotalSeconds };
            if (state.SkippedInARow >= Trainer.MaximumSkippedInARow) throw Diverged();
            Tell("training");
            // As published, which counts from 0: after the first step, and then after each period.
            bool isDue = (iteration - 1) % options.EvaluationPeriod == 0 || iteration == total;
            if (isDue) Evaluate();
            if (isDue || iteration % place.CheckpointPeriod == 0 || cancel.IsCancellationRequested) Save();
            if (cancel.IsCancellationRequested && iteration < total)
            {
                folder.Log($"stopped after iteration {iteration}");
                throw new OperationCanceledException($"Stopped after step {iteration} of {total}; the state is saved.");
            }
        }

        // ---------------------------------------------------------------- end
        WeightFile.Write(folder.Weights, model, weights);
        var result = new ContrastiveResult(place.Folder, total, metrics.Rows[^1].Values, Seconds(), state.StepsPerSecond) { PassedOver = passedOver };
        folder.Finish(result.Document, state.Ending(result.Divergence));
        return result;

        Tensor Objective((Tensor Pictures, TokenBatch Tokens) pairs)
        {
            (Tensor images, Tensor texts) = embedder.Embed(pairs);
            Tensor loss = ContrastiveLoss.Of(images, texts, options.Temperature);
            if (options.GradientPenalty == 0) return loss;
            Tensor penalty = SquaredGradient.Of(loss, model, weights);
            return loss + (options.SquaresGradientNorm ? penalty : penalty.sqrt()) * options.GradientPenalty;
        }

        void Evaluate()
        {
            try
            {
                Measure();
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                state = state with { EvaluationIsDue = true };
                Save();
                folder.Log($"stopped after iteration {state.Position}");
                throw new OperationCanceledException($"Stopped after step {state.Iteration} of {total}, before its evaluation was done; the state is saved.", cancel);
            }
        }

        void Measure()
        {
            Tell("evaluating");
            using var before = RememberedState.Of(model);                        // whatever is measured, the training goes on as without it
            using var scope = NewDisposeScope();
            EvaluationRecord row;
            try
            {
                row = evaluation.Run((double)state.Iteration / order.BatchesPerEpoch, state, isLast: state.Iteration == total);
            }
            catch (InvalidDataException error) when (!weights.Segments.All(segment => segment.Master.AllFinite()))
            {
                throw new FailureException($"The evaluation of step {state.Iteration} failed: {error.Message}", divergedHint, error);
            }

            metrics.Add(row);
            events.Write(row);
            state = state with { ObjectiveSum = 0, ObjectiveCount = 0, EvaluationIsDue = false };
            Tell("training");
        }

        double Seconds() => earlierSeconds + Stopwatch.GetElapsedTime(started).TotalSeconds;

        void Tell(string phase) => progress?.Invoke(
            new TrainProgress(state.Iteration, total, state.Objective, state.StepsPerSecond, phase, metrics.Rows.Count > 0 ? metrics.Rows[^1] : null));

        void Save() => checkpoint.Save(state = state with { Seconds = Seconds(), EventBytes = events.Length, EventHash = events.Hash });

        object DataFacts() => new Dictionary<string, object>
        {
            ["name"] = options.Data, ["train"] = parts.Train.Count, ["test"] = parts.Test.Count, ["shape"] = new[] { 3, side, side },
        };

        FailureException Diverged() => new(
            $"The gradient was not finite in {Trainer.MaximumSkippedInARow} steps in a row, up to step {state.Iteration}; these steps were skipped.", divergedHint);
    }
}
