using System.Collections.Concurrent;
using System.Diagnostics;
using Sharpless.Torch;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>Trains all students of a run, side by side: experiments, values and seeds are one batch, spread over the cores.</summary>
public static class TwoLayerLab
{
    /// <summary>Runs the experiments.</summary>
    /// <param name="options">Which and how.</param>
    /// <param name="threads">Students that are trained at a time.</param>
    /// <param name="tell">Told after each student, from one thread at a time; may be null.</param>
    /// <param name="cancel">Stops between two evaluations.</param>
    /// <returns>The same for any number of threads.</returns>
    /// <exception cref="UsageException">The options have problems; all are named.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static TwoLayerRun Run(TwoLayerOptions options, int threads, Action<TwoLayerProgress>? tell = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless two-layer --help.");
        long started = Stopwatch.GetTimestamp();
        IReadOnlyList<TwoLayerExperiment> experiments = options.Experiments();
        int[] seeds = [.. Enumerable.Range(options.Seed, options.Seeds)];
        PublishedStudent[] rows = options.IsPublishedTraining && seeds.Contains(TwoLayerOptions.PublishedSeed)
            ? [.. experiments.SelectMany(experiment => experiment.Values.SelectMany(value => PublishedStudent.All.Where(row => row.Experiment == experiment.Name && row.Value == value)))]
            : [];

        var orders = new ConcurrentDictionary<int, byte[]>();
        var tasks = new ConcurrentDictionary<(int, Activation), TeacherTask>();
        var students = new StudentRun[experiments.Sum(experiment => experiment.Values.Count) * seeds.Length];
        var metrics = new StudentMetrics[rows.Length, options.PerturbedStarts + 1];
        (TwoLayerExperiment Experiment, double Value, int Seed)[] planned =
            [.. experiments.SelectMany(experiment => experiment.Values.SelectMany(value => seeds.Select(seed => (experiment, value, seed))))];
        (double Rho, int Seed)[] measured = options.ActivationPenalty > 0 ? []
            : [.. experiments.Where(IsOfReluWithSam).SelectMany(experiment => experiment.Values.Where(value => value > 0).SelectMany(value => seeds.Select(seed => (value, seed))))];
        var mechanism = new MechanismRun[measured.Length];
        var jobs = new List<Action>();
        for (int i = 0; i < planned.Length; i++)
        {
            int place = i;
            jobs.Add(() => students[place] = Train(planned[place].Experiment, planned[place].Value, planned[place].Seed));
        }

        for (int i = 0; i < measured.Length; i++)
        {
            int place = i;
            jobs.Add(() => mechanism[place] = Measure(measured[place].Rho, measured[place].Seed));
        }

        for (int row = 0; row < rows.Length; row++)
        {
            for (int start = 0; start <= options.PerturbedStarts; start++)
            {
                (int r, int s) = (row, start);
                jobs.Add(() => metrics[r, s] = Repeat(rows[r], s));
            }
        }

        Together(jobs, threads, tell, cancel);
        return new TwoLayerRun(
            options, students,
            [.. rows.Select((row, r) => new PublishedComparison(row, metrics[r, 0], [.. Enumerable.Range(1, options.PerturbedStarts).Select(start => metrics[r, start])]))],
            mechanism, Stopwatch.GetElapsedTime(started).TotalSeconds);

        StudentRun Train(TwoLayerExperiment experiment, double value, int seed)
        {
            TeacherTask task = Task(seed, experiment.Activation);
            StudentTrainer<float> trainer = Trainer(experiment, value, seed, Start(experiment, seed), options.Training(experiment, value, seed));
            var evaluations = new List<StudentMetrics>();
            var patterns = new List<ActivationPattern>();
            foreach (int iteration in options.EvaluationIterations())
            {
                cancel.ThrowIfCancellationRequested();
                while (trainer.Iteration < iteration) trainer.Step();
                evaluations.Add(StudentMetrics.Of(trainer.Network, task, iteration, options.AsPublished));
                if (!double.IsFinite(evaluations[^1].TrainLoss)) break;
                if (seed == options.Seed) patterns.Add(ActivationPattern.Of(trainer.Network, task, iteration));
            }

            return new StudentRun(experiment.Name, value, seed, evaluations, patterns);
        }

        // The published seed as published, from weights that are moved by rounding; the first time not at all.
        StudentMetrics Repeat(PublishedStudent row, int start)
        {
            cancel.ThrowIfCancellationRequested();
            const int Seed = TwoLayerOptions.PublishedSeed;
            TwoLayerExperiment experiment = TwoLayerExperiment.Named(row.Experiment);
            TwoLayerWeights weights = Start(experiment, Seed);
            if (start > 0) weights = weights.Perturbed(PublishedComparison.PerturbationSize, start);
            StudentTrainer<float> trainer = Trainer(experiment, row.Value, Seed, weights, (options with { AsPublished = true }).Training(experiment, row.Value, Seed));
            while (trainer.Iteration < PublishedStudent.LastEvaluation) trainer.Step();
            return StudentMetrics.Of(trainer.Network, Task(Seed, experiment.Activation), PublishedStudent.LastEvaluation, asPublished: true);
        }

        MechanismRun Measure(double rho, int seed)
        {
            TwoLayerExperiment experiment = experiments.First(IsOfReluWithSam);
            return Mechanism.Run(Task(seed, Activation.Relu), Order(seed), Start(experiment, seed), options.Training(experiment, rho, seed), cancel);
        }

        StudentTrainer<float> Trainer(TwoLayerExperiment experiment, double value, int seed, TwoLayerWeights weights, StudentTraining training) => new(
            new TwoLayerNetwork<float>(experiment.Activation, weights), Task(seed, experiment.Activation), Order(seed), training);

        byte[] Order(int seed) => orders.GetOrAdd(seed, given => TeacherTask.PublishedOrder(given, options.Iterations));

        TeacherTask Task(int seed, Activation activation) => tasks.GetOrAdd((seed, activation), given => TeacherTask.Published(given.Item1, given.Item2));
    }

    /// <summary>First weights of the student of a seed.</summary>
    internal static TwoLayerWeights Start(TwoLayerExperiment experiment, int seed) =>
        TwoLayerWeights.Draw(seed, TeacherTask.Dimensions, TwoLayerExperiment.StudentUnits, experiment.InitialScale);

    private static bool IsOfReluWithSam(TwoLayerExperiment experiment) => experiment is { Activation: Activation.Relu, Regularizer: Regularizer.Sam };

    private static void Together(List<Action> jobs, int threads, Action<TwoLayerProgress>? tell, CancellationToken cancel)
    {
        var counting = new Lock();
        int done = 0, before = Runtime.Threads;
        try
        {
            Parallel.ForEach(jobs, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel }, job =>
            {
                // The cores are busy with other students; threads inside an operator, a setting of each thread, would only get in their way.
                Runtime.Threads = 1;
                job();
                lock (counting) tell?.Invoke(new TwoLayerProgress(++done, jobs.Count));
            });
        }
        catch (AggregateException errors) when (errors.InnerExceptions.Count > 0)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
        finally
        {
            Runtime.Threads = before;
        }
    }
}
