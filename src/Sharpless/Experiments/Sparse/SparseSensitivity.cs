using Sharpless.Pruning;
using Sharpless.Training;

namespace Sharpless.Experiments.Sparse;

/// <summary>Which layer bears pruning: accuracy as one tensor at a time is pruned, without training after.</summary>
public static class SparseSensitivity
{
    /// <inheritdoc cref="SparseExercise.Run"/>
    public static SparseRun Run(SparseSensitivityOptions options, TrainPlace place, Action<SparseProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(place);
        return SparseExperiment.Run(
            options,
            place,
            lab => [.. Enumerable.Range(options.Seed, options.Seeds).SelectMany(seed => Tasks(options, lab, seed))],
            (_, _, _) => null,
            progress,
            cancel);
    }

    private static IEnumerable<SparseTask> Tasks(SparseSensitivityOptions options, SparseLab lab, int seed)
    {
        IReadOnlyList<string> tensors = lab.PrunableTensors(options.Pruning(options.Fractions[0]));
        foreach (string tensor in tensors)
        {
            foreach (double fraction in options.Fractions)
            {
                var cell = new SparseCell { Kind = "sensitivity", Tensor = tensor, Seed = seed, Amount = fraction, Scope = options.Scope };
                bool isFirst = tensor == tensors[0] && fraction == options.Fractions[0];
                long cost = isFirst ? (long)options.Epochs * lab.StepsPerEpoch(seed) : 0;    // the dense network of the seed
                yield return new SparseTask($"seed {seed}, {tensor}, {fraction:0.##%} pruned", [cell], cost, () =>
                {
                    SparseNetwork network = lab.Dense(seed, rho: 0).Network;
                    network.Prune(options.Pruning(fraction) with { Exempt = [.. tensors.Where(other => other != tensor)] });
                    return [lab.Filled(cell, network, null)];
                });
            }
        }
    }
}
