using Sharpless.Analysis;

namespace Sharpless.Contrastive;

/// <summary>What of an image-text run is measured. Defaults are those of the published evaluation.</summary>
public sealed record ContrastiveRankOptions
{
    /// <summary>Blocks of the image encoder, counted from 1; -1 is the last. Empty for all. Default the last.</summary>
    public IReadOnlyList<int> Layers { get; init; } = [-1];

    /// <summary>Pairs in a batch, within which accuracies are counted. Default 128.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Batches whose features are measured, the first ones of the split. Default 10.</summary>
    public int Batches { get; init; } = 10;

    /// <summary>What is subtracted before ranks are taken. Default from each example its mean, as published.</summary>
    public Centering Centering { get; init; } = Centering.Example;

    /// <summary>Above it a hidden activation is active; null for a tenth of the largest, as published.</summary>
    public double? ActiveThreshold { get; init; }

    /// <summary>The blocks, ascending.</summary>
    /// <param name="layers">Blocks that the encoder has.</param>
    /// <exception cref="UsageException">One that it does not have.</exception>
    internal IReadOnlyList<int> LayersOf(int layers)
    {
        if (Layers.Count == 0) return [.. Enumerable.Range(1, layers)];
        int[] chosen = [.. Layers.Select(layer => layer == -1 ? layers : layer).Distinct().Order()];
        return chosen.Where(layer => layer < 1 || layer > layers).Cast<int?>().FirstOrDefault() is { } wrong
            ? throw new UsageException($"The image encoder has no block {wrong}.", $"It has blocks 1 to {layers}; -1 is the last.")
            : chosen;
    }
}
