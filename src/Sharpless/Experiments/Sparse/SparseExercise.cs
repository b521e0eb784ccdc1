using Sharpless.Optimization;
using Sharpless.Training;

namespace Sharpless.Experiments.Sparse;

/// <summary>
/// The course exercise "Sharpness-aware minimization with sparse networks": train a dense classifier on a tenth of MNIST with SGD, prune half of the
/// weights, fine-tune once with SGD and once with SAM; over several seeds, done right and with the faults of the published solution side by side.
/// </summary>
/// <remarks>
/// Published figures (widths unknown, one run): dense 0.978, pruned 0.939, 'SGD' 0.954, SAM 0.976. Command: <c>sharpless sparse</c>.
/// </remarks>
public static class SparseExercise
{
    /// <summary>Side of the comparison that is done right.</summary>
    public const string Honest = "honest";

    /// <summary>Side with the published faults.</summary>
    public const string Published = "published";

    /// <summary>Runs, or goes on, to the end.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="place">Where.</param>
    /// <param name="progress">Told after every step; null for nobody.</param>
    /// <param name="cancel">Ends the run after the step under way; finished cells are kept.</param>
    /// <exception cref="UsageException">Something given cannot be used; told before work begins.</exception>
    /// <exception cref="FailureException">Training diverged.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the same with resuming goes on.</exception>
    public static SparseRun Run(SparseExerciseOptions options, TrainPlace place, Action<SparseProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(place);
        return SparseExperiment.Run(
            options,
            place,
            lab => [.. Enumerable.Range(options.Seed, options.Seeds).SelectMany(seed => Tasks(options, lab, seed))],
            (lab, work, folder) => options.Directions == 0 ? null : TheoryCheck.RunOrRead(lab, options.Seed, options.SamRho, options.Directions, work, folder),
            progress,
            cancel);
    }

    private static IEnumerable<SparseTask> Tasks(SparseExerciseOptions options, SparseLab lab, int seed)
    {
        (string Side, IReadOnlyList<PublishedFault> Faults)[] sides = [(Honest, []), (Published, options.AsPublished)];
        if (options.AsPublished.Count == 0) sides = sides[..1];

        // Both sides start from one dense network.
        SparseCell[] dense = [.. sides.Select(side => Cell(side.Side, side.Faults, "dense", amount: 0))];
        yield return new SparseTask($"seed {seed}, dense", dense, Cost(options.Epochs, perStep: 1), () =>
        {
            (SparseNetwork network, Trained story) = lab.Dense(seed, rho: 0);
            SparseCell filled = lab.Filled(dense[0], network, story);
            return dense.Select(cell => filled with { Side = cell.Side, Faults = cell.Faults });
        });

        foreach ((string side, IReadOnlyList<PublishedFault> faults) in sides)
        {
            SparseCell pruned = Cell(side, faults, "pruned", options.Share);
            yield return new SparseTask($"seed {seed}, {side}, pruned", [pruned], 0, () => [lab.Filled(pruned, Pruned(), null)]);

            SparseCell sgd = Cell(side, faults, "sgd", options.Share);
            yield return new SparseTask($"seed {seed}, {side}, sgd", [sgd], Cost(options.FinetuneEpochs, perStep: 1), () =>
            {
                SparseNetwork network = Pruned();
                // The fault: the optimizer of the dense model steps, while the pruned copy computes the loss.
                SparseNetwork owner = faults.Contains(PublishedFault.StaleOptimizer) ? lab.Dense(seed, rho: 0).Network : network;
                using Optimizer optimizer = lab.OptimizerFor(owner, rho: 0);
                return [FineTuned(sgd, network, optimizer)];
            });

            SparseCell sam = Cell(side, faults, "sam", options.Share) with { Rho = options.SamRho };
            yield return new SparseTask($"seed {seed}, {side}, sam", [sam], Cost(options.FinetuneEpochs, perStep: 2), () =>
            {
                SparseNetwork network = Pruned();
                using Optimizer optimizer = lab.OptimizerFor(network, options.SamRho, faults.Contains(PublishedFault.DriftingRestore));
                return [FineTuned(sam, network, optimizer)];
            });

            SparseNetwork Pruned()
            {
                SparseNetwork network = lab.Dense(seed, rho: 0).Network;
                network.Prune(options.Pruning(options.Amount, faults.Contains(PublishedFault.PruneNorms)), keepsMask: !faults.Contains(PublishedFault.NoMask));
                return network;
            }

            SparseCell FineTuned(SparseCell cell, SparseNetwork network, Optimizer optimizer) =>
                lab.Filled(cell, network, lab.Train(network, optimizer, seed, options.Epochs, options.FinetuneEpochs, $"seed {seed}, {side}, {cell.Arm}"));
        }

        SparseCell Cell(string side, IReadOnlyList<PublishedFault> faults, string arm, double amount) => new()
        {
            Kind = "exercise", Side = side, Faults = [.. faults.Select(fault => fault.Name())], Arm = arm, Seed = seed, Amount = amount, Scope = options.Scope,
        };

        long Cost(int epochs, int perStep) => (long)epochs * lab.StepsPerEpoch(seed) * perStep;
    }
}
