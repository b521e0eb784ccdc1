using Sharpless.Models;
using Sharpless.Torch;

namespace Sharpless.Pruning;

/// <summary>Takes pruned channels out of a network: out of the layer that produces them, its batch norm, and the layers that read them.</summary>
/// <remarks>A channel is pruned when nothing of its weights, bias, batch-norm scale and shift is live: then it is 0 whatever the input, and what reads it can do without.</remarks>
public static class ChannelRemoval
{
    /// <summary>Removes every channel that is pruned and that the network can do without.</summary>
    /// <param name="weights">All tensors of the network by name, on the CPU, with zeros where they are pruned; borrowed and not changed.</param>
    /// <param name="live">Which are live, borrowed.</param>
    /// <param name="groups">The network's channels (<see cref="Classifier.ChannelGroups"/>).</param>
    /// <exception cref="UsageException">No channel of a layer would be left, or the tensors do not fit each other.</exception>
    public static ShrunkNetwork Shrink(IReadOnlyDictionary<string, Tensor> weights, IReadOnlyDictionary<string, Tensor> live, IReadOnlyList<ChannelGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(groups);
        using IDisposable off = no_grad();
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> shrunk = weights.ToDictionary(item => item.Key, item => item.Value.Alias());
        Dictionary<string, Tensor> shrunkLive = live.ToDictionary(item => item.Key, item => item.Value.Alias());
        Dictionary<string, int> removed = [];
        foreach (ChannelGroup group in groups.Where(group => group.IsRemovable))
        {
            bool[] stays = LiveChannels(group.Producer, group.Norm, weights, live);
            if (Array.TrueForAll(stays, channel => channel)) continue;
            if (!stays.Contains(true))
            {
                throw new UsageException($"No channel of '{group.Producer}' would be left of {stays.Length}; a network cannot shrink to nothing.", "A smaller --amount leaves some, or --exempt the layer; without --shrink the channels are zeros.");
            }

            removed[group.Producer] = stays.Count(channel => !channel);
            foreach (string part in Parts(group.Producer, group.Norm)) Take(part, 0, stays, 1);
            if (group.Norm is string norm)
            {
                Take($"{norm}.running_mean", 0, stays, 1);
                Take($"{norm}.running_var", 0, stays, 1);
            }

            foreach (string consumer in group.Consumers)
            {
                // A convolution reads one input of each channel; a linear layer behind flattened maps a run of them.
                (long inputs, long rest) = Math.DivRem(weights[$"{consumer}.weight"].size(1), stays.Length);
                if (rest != 0) throw new UsageException($"'{consumer}.weight' is {weights[$"{consumer}.weight"].Text}, which does not read {stays.Length} channels of '{group.Producer}'.", "Give the weights of one whole network.");
                Take($"{consumer}.weight", 1, stays, inputs);
            }
        }

        List<string> notRemovable = [.. live.Keys
            .Where(name => name.EndsWith(".weight", StringComparison.Ordinal) && live[name].Dimensions >= 2)
            .Select(name => name[..^".weight".Length])
            .Where(layer => !groups.Any(group => group.IsRemovable && group.Producer == layer) && LiveChannels(layer, null, weights, live).Contains(false))];
        foreach (Tensor tensor in shrunk.Values.Concat(shrunkLive.Values)) scope.MoveToOuter(tensor);
        return new ShrunkNetwork { Weights = shrunk, Live = shrunkLive, Removed = removed, NotRemovable = notRemovable };

        void Take(string name, int dimension, bool[] stays, long run)
        {
            if (!shrunk.TryGetValue(name, out Tensor? tensor)) return;
            Tensor indices = Tensor.From([.. Enumerable.Range(0, stays.Length).Where(channel => stays[channel]).SelectMany(channel => Run(channel * run, run))]);
            shrunk[name] = tensor.index_select(dimension, indices);
            if (shrunkLive.TryGetValue(name, out Tensor? mask)) shrunkLive[name] = mask.index_select(dimension, indices);
        }

        static IEnumerable<long> Run(long start, long length)
        {
            for (long i = 0; i < length; i++) yield return start + i;
        }
    }

    private static IEnumerable<string> Parts(string layer, string? norm) =>
        norm is null ? [$"{layer}.weight", $"{layer}.bias"] : [$"{layer}.weight", $"{layer}.bias", $"{norm}.weight", $"{norm}.bias"];

    private static bool[] LiveChannels(string layer, string? norm, IReadOnlyDictionary<string, Tensor> weights, IReadOnlyDictionary<string, Tensor> live)
    {
        bool[] channels = new bool[weights[$"{layer}.weight"].size(0)];
        foreach (string part in Parts(layer, norm).Where(weights.ContainsKey))
        {
            if (live.TryGetValue(part, out Tensor? mask))
            {
                bool[] values = mask.ToArray<bool>();
                int run = values.Length / channels.Length;
                for (int channel = 0; channel < channels.Length; channel++) channels[channel] |= values.AsSpan(channel * run, run).Contains(true);
            }
            else
            {
                Array.Fill(channels, true);
            }
        }

        return channels;
    }
}
