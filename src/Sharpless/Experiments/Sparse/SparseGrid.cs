using Sharpless.Optimization;
using Sharpless.Training;

namespace Sharpless.Experiments.Sparse;

/// <summary>
/// Accuracy against sparsity: every share pruned x fine-tuning with SGD or with SAM at several ρ x dense training with SGD or with SAM ("train flat,
/// then prune", arXiv:2205.12694) x seed. SGD is measured at equal epochs and, since a SAM step costs two gradients, at twice the epochs.
/// </summary>
public static class SparseGrid
{
    /// <summary>Comparison at equal epochs.</summary>
    public const string EqualEpochs = "epochs";

    /// <summary>Comparison at equal gradient evaluations.</summary>
    public const string EqualGradients = "gradients";

    /// <inheritdoc cref="SparseExercise.Run"/>
    public static SparseRun Run(SparseGridOptions options, TrainPlace place, Action<SparseProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(place);
        return SparseExperiment.Run(
            options,
            place,
            lab => [.. Enumerable.Range(options.Seed, options.Seeds).SelectMany(seed => options.Dense.SelectMany(dense => Tasks(options, lab, seed, dense)))],
            (_, _, _) => null,
            progress,
            cancel);
    }

    private static IEnumerable<SparseTask> Tasks(SparseGridOptions options, SparseLab lab, int seed, DenseTraining training)
    {
        string trainedWith = training.ToString().ToLowerInvariant();
        double denseRho = training == DenseTraining.Sam ? options.DenseSamRho : 0;
        SparseCell dense = Cell("dense", amount: 0, denseRho);
        yield return new SparseTask($"seed {seed}, dense with {trainedWith}", [dense], Cost(options.Epochs, perStep: training == DenseTraining.Sam ? 2 : 1), () =>
        {
            (SparseNetwork network, Trained story) = lab.Dense(seed, denseRho);
            return [lab.Filled(dense, network, story)];
        });

        foreach (double fraction in options.Fractions)
        {
            string name = $"seed {seed}, dense with {trainedWith}, {fraction:0.##%} pruned";
            SparseCell[] pruned = Both(Cell("pruned", fraction, rho: 0));
            yield return new SparseTask(name, pruned, 0, () => Copies(pruned, lab.Filled(pruned[0], Pruned(fraction), null)));

            SparseCell[] sgd = Both(Cell("sgd", fraction, rho: 0));
            yield return new SparseTask($"{name}, sgd", sgd, Cost(2 * options.FinetuneEpochs, perStep: 1), () => Sgd(sgd, fraction, $"{name}, sgd"));

            foreach (double rho in options.SamRho)
            {
                SparseCell[] sam = Both(Cell("sam", fraction, rho));
                yield return new SparseTask($"{name}, sam {rho}", sam, Cost(options.FinetuneEpochs, perStep: 2), () => Sam(sam, fraction, rho, $"{name}, sam {rho}"));
            }
        }

        // The rate is constant, so the first half of the longer fine-tuning is the shorter one.
        IEnumerable<SparseCell> Sgd(SparseCell[] cells, double fraction, string name)
        {
            SparseNetwork network = Pruned(fraction);
            using Optimizer optimizer = lab.OptimizerFor(network, rho: 0);
            Trained first = lab.Train(network, optimizer, seed, options.Epochs, options.FinetuneEpochs, name);
            yield return lab.Filled(cells[0], network, first);
            Trained second = lab.Train(network, optimizer, seed, options.Epochs + options.FinetuneEpochs, options.FinetuneEpochs, name);
            yield return lab.Filled(cells[1], network, first.Then(second));
        }

        IEnumerable<SparseCell> Sam(SparseCell[] cells, double fraction, double rho, string name)
        {
            SparseNetwork network = Pruned(fraction);
            using Optimizer optimizer = lab.OptimizerFor(network, rho);
            return Copies(cells, lab.Filled(cells[0], network, lab.Train(network, optimizer, seed, options.Epochs, options.FinetuneEpochs, name)));
        }

        SparseNetwork Pruned(double fraction)
        {
            SparseNetwork network = lab.Dense(seed, denseRho).Network;
            network.Prune(options.Pruning(fraction));
            if (options.ReestimatesBatchNorm) lab.ReestimateBatchNorm(network, seed);
            return network;
        }

        SparseCell Cell(string arm, double amount, double rho) => new()
        {
            Kind = "grid", Arm = arm, Dense = trainedWith, BnReestimated = options.ReestimatesBatchNorm && arm != "dense", Seed = seed, Amount = amount, Scope = options.Scope, Rho = rho,
        };

        long Cost(int epochs, int perStep) => (long)epochs * lab.StepsPerEpoch(seed) * perStep;
    }

    private static SparseCell[] Both(SparseCell cell) => [cell with { Compute = EqualEpochs }, cell with { Compute = EqualGradients }];

    // One network that stands in both comparisons; its time is counted once.
    private static SparseCell[] Copies(SparseCell[] cells, SparseCell filled) =>
        [.. cells.Select((cell, i) => filled with { Compute = cell.Compute, Seconds = i == 0 ? filled.Seconds : 0 })];
}
