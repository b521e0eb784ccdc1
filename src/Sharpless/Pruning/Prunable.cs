using Sharpless.Torch;

namespace Sharpless.Pruning;

/// <summary>Which tensors of a network pruning looks at: weights of convolutions and linear layers, not biases and not normalization.</summary>
public static class Prunable
{
    /// <summary>Whether a tensor is prunable: its name ends in <c>weight</c> and it has two or more dimensions.</summary>
    public static bool Is(string name, int dimensions)
    {
        ArgumentNullException.ThrowIfNull(name);
        return dimensions >= 2 && name.EndsWith("weight", StringComparison.Ordinal);
    }

    /// <summary>The mask that says of every prunable tensor that its exact zeros are pruned. Tensors without a zero get no entry.</summary>
    /// <param name="weights">Weights by name, borrowed.</param>
    /// <returns>Bool tensors (true: live) by name, owned by the caller.</returns>
    public static IReadOnlyDictionary<string, Tensor> MaskOfZeros(IEnumerable<KeyValuePair<string, Tensor>> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var live = new Dictionary<string, Tensor>();
        foreach ((string name, Tensor weight) in weights.Where(item => Is(item.Key, (int)item.Value.Dimensions)))
        {
            Tensor mask = weight.ne(0);
            if (mask.sum().Item() < mask.NumberOfElements) live[name] = mask;
            else mask.Dispose();
        }

        return live;
    }
}
