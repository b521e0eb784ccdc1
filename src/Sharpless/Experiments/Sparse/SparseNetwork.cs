using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Experiments.Sparse;

/// <summary>The exercise's classifier in its weight space. Its tensors belong to the scope that it is made in.</summary>
internal sealed class SparseNetwork
{
    private SparseNetwork(Classifier model, Precision precision, Device device)
    {
        Model = model;
        Weights = new WeightSpace(model, precision, device);
    }

    internal Classifier Model { get; }

    internal WeightSpace Weights { get; }

    /// <summary>A network with the first weights of a seed.</summary>
    internal static SparseNetwork New(ModelShape shape, Precision precision, Device device, int seed)
    {
        Classifier model = Classifier(shape);
        using var generator = Generator.Seeded(seed);
        model.Initialize(generator);
        return new SparseNetwork(model, precision, device);
    }

    /// <summary>A network with given weights, all of them live.</summary>
    internal static SparseNetwork With(ModelShape shape, Precision precision, Device device, IReadOnlyDictionary<string, Tensor> state)
    {
        Classifier model = Classifier(shape);
        ModuleState.Load(model, state);
        return new SparseNetwork(model, precision, device);
    }

    /// <summary>Master weights and buffers by name, in the order of the model. They stay the network's.</summary>
    internal IReadOnlyList<(string Name, Tensor Tensor)> State() => [.. Weights.Slots.Select(slot => (slot.Name, Weights.MasterOf(slot))), .. Model.Buffers()];

    internal Tensor Loss(Batch batch) => nn.functional.cross_entropy(Model.forward(batch.Images), batch.Labels);

    /// <summary>Prunes, and holds what is pruned at 0 from then on, unless the mask is not kept.</summary>
    /// <exception cref="UsageException">Nothing can be pruned so.</exception>
    internal void Prune(PruneOptions options, bool keepsMask = true)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> masters = Weights.Slots.ToDictionary(slot => slot.Name, Weights.MasterOf);
        Weights.SetMask(Pruner.Masks(masters, options, Model.ChannelGroups).Live);
        if (!keepsMask) Weights.ClearMask();
    }

    /// <summary>From now on training passes use the statistics of the batch and do not move the running ones.</summary>
    internal void HoldBatchNormStatistics()
    {
        foreach (BatchNorm layer in Model.All().OfType<BatchNorm>()) layer.MovesStatistics = false;
    }

    /// <summary>How many prunable weights are exactly 0, of how many.</summary>
    internal (long Zeros, long Parameters) Zeros()
    {
        using var scope = NewDisposeScope();
        long zeros = 0, parameters = 0;
        foreach (WeightSlot slot in Weights.Slots.Where(slot => Prunable.Is(slot.Name, slot.Shape.Length)))
        {
            zeros += slot.Count - (long)Weights.MasterOf(slot).ne(0).sum().Item();
            parameters += slot.Count;
        }

        return (zeros, parameters);
    }

    private static Classifier Classifier(ModelShape shape) => ModelCatalog.Create("classifier", shape);
}
