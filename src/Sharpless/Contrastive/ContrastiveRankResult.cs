using Sharpless.Analysis;

namespace Sharpless.Contrastive;

/// <summary>Ranks, activity and retrieval of an image-text run. Owns the features.</summary>
public sealed record ContrastiveRankResult : IDisposable
{
    /// <summary>Pairs whose features were measured.</summary>
    public required int Examples { get; init; }

    /// <summary>Features at each tap, [N, P], from input to output: those of pictures first.</summary>
    public required IReadOnlyList<(string Tap, FeatureStore Features)> Taps { get; init; }

    /// <summary>Activity of the blocks.</summary>
    public required IReadOnlyList<ImageActivity> Activity { get; init; }

    /// <summary>Units of the pictures' embeddings that are left out because another one says the same.</summary>
    public required int CorrelatedEmbeddings { get; init; }

    /// <summary>Spectra of the MLP kernels of the image encoder, by name.</summary>
    public required IReadOnlyList<(string Name, FeatureSpectrum Spectrum)> Kernels { get; init; }

    /// <summary>Share of pictures whose own text is the nearest of the batch's texts.</summary>
    public required double TextwiseAccuracy { get; init; }

    /// <summary>Share of texts whose own picture is the nearest of the batch's pictures.</summary>
    public required double ImagewiseAccuracy { get; init; }

    /// <summary>Retrieval over the whole split.</summary>
    public required Retrieval Retrieval { get; init; }

    /// <summary>Frees the features.</summary>
    public void Dispose()
    {
        foreach ((_, FeatureStore features) in Taps) features.Dispose();
    }
}
