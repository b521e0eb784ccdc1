using Sharpless.Models;
using Sharpless.Torch;

namespace Sharpless.Pruning;

/// <summary>Whole output channels by their L2 norm (as in arXiv:1608.08710, which takes L1), with all that belongs to them.</summary>
internal static class ChannelPruning
{
    /// <summary>The last linear layer, whose outputs are the classes and must stay; null where no prunable tensor is a matrix.</summary>
    internal static string? Last(IReadOnlyDictionary<string, Tensor> weights, List<string> prunable) => prunable.LastOrDefault(name => weights[name].Dimensions == 2);

    /// <summary>Which output channels of a layer stay.</summary>
    /// <param name="magnitudes">Absolute weights [C, ...]; -1 where pruned before.</param>
    /// <param name="amount">Share to prune: floor(amount * C) channels go.</param>
    /// <returns>Bool [C].</returns>
    internal static Tensor Live(Tensor magnitudes, double amount)
    {
        using var scope = NewDisposeScope();
        long channels = magnitudes.size(0);
        Tensor rows = magnitudes.reshape(channels, -1).To(ScalarType.Float64);
        // Squares in place of norms: the order is the same. A channel that is pruned already stays the smallest.
        Tensor squares = rows.relu().pow(2).sum(1), wholly = rows.amax([1]).lt(zeros([channels], ScalarType.Float64, rows.device));
        squares.masked_fill_(wholly, -1);
        return scope.MoveToOuter(SmallestFirst.Live(squares, SmallestFirst.Count(amount, channels)));
    }

    /// <summary>Masks of all that belongs to the channels of a layer: its weight and bias, and the batch norm behind it.</summary>
    /// <param name="name">Name of the layer's weight.</param>
    /// <param name="channels">Bool [C], true where live.</param>
    /// <param name="weights">All tensors of the network.</param>
    /// <param name="groups">What belongs to its channels.</param>
    internal static IEnumerable<(string Name, Tensor Live)> Masks(string name, Tensor channels, IReadOnlyDictionary<string, Tensor> weights, IReadOnlyList<ChannelGroup> groups)
    {
        long[] shape = weights[name].shape, broadcast = [shape[0], .. Enumerable.Repeat(1L, shape.Length - 1)];
        Tensor mask = Tensor.Empty(shape, ScalarType.Bool, channels.device);
        mask.copy_(channels.reshape(broadcast));
        yield return (name, mask);
        string? norm = groups.FirstOrDefault(group => $"{group.Producer}.weight" == name)?.Norm;
        foreach (string? part in (string?[])[name[..^"weight".Length] + "bias", norm is null ? null : $"{norm}.weight", norm is null ? null : $"{norm}.bias"])
        {
            if (part is not null && weights.TryGetValue(part, out Tensor? value) && value.Dimensions == 1 && value.NumberOfElements == shape[0]) yield return (part, channels.clone());
        }
    }
}
