using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// Pruning along a training (arXiv:1710.01878): every so many steps the smallest weights go, up to the sparsity of <see cref="PruneSchedule.Cubic"/>. What is pruned
/// stays pruned. The state is the mask of weight space, which checkpoints hold, so a resumed run goes on alike.
/// </summary>
internal sealed class GradualPruning
{
    // The last quarter of the training lets the network recover at its final sparsity; the paper too trains on after the last pruning.
    private const int Quarters = 3;

    private readonly PruneOptions _options;
    private readonly long _every;
    private readonly long _last;

    private GradualPruning(PruneOptions options, long every, long last) => (_options, _every, _last) = (options, every, last);

    /// <summary>The pruning that a run asks for; null for none.</summary>
    /// <param name="options">The run.</param>
    /// <param name="steps">Steps of the whole run.</param>
    /// <exception cref="UsageException">The run is too short for one pruning.</exception>
    internal static GradualPruning? Of(TrainOptions options, long steps)
    {
        if (options.PruneAmount is null) return null;
        long every = options.PruneEvery!.Value, span = steps / 4 * Quarters, last = span / every * every;
        return last > 0
            ? new GradualPruning(options.PruneOptions, every, last)
            : throw new UsageException(
                $"--prune-every is {every} steps, but the training has {steps}, of which the first {span} are for pruning: nothing would be pruned.",
                "Give a smaller --prune-every or more --epochs.");
    }

    /// <summary>Prunes where the schedule says so.</summary>
    /// <param name="step">Steps taken.</param>
    /// <param name="model">For what belongs to its channels.</param>
    /// <param name="weights">Its weights; the mask is set.</param>
    internal void After(long step, Classifier model, WeightSpace weights)
    {
        if (step % _every != 0 || step > _last) return;
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        var values = weights.Slots.ToDictionary(slot => slot.Name, weights.MasterOf);
        var before = weights.Mask.Count == 0 ? [] : weights.Slots.ToDictionary(slot => slot.Name, slot => weights.MaskOf(slot)!);
        PruneOptions options = _options with { Amount = PruneSchedule.Cubic(_options.Amount!.Value, step, _last) };
        weights.SetMask(Pruner.Masks(values, options, model.ChannelGroups, before).Live);
    }
}
