using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Rank and neighbour errors of the features at several taps, from one forward pass over each data set.</summary>
/// <remarks>
/// Features with no more dimensions than examples go straight into a Gram matrix and are not kept. Wider ones, and those that neighbours are
/// looked for among, are kept in Float32 (Float64 where they are), in memory or beyond <see cref="TapAnalysisOptions.FeatureMemory"/> on disk.
/// Results are in the order of the taps in the first batch.
/// </remarks>
public static class TapAnalysis
{
    /// <summary>Spectra of the features at each tap.</summary>
    /// <param name="batches">The forward pass; enumerated once.</param>
    /// <param name="examples">Number of examples that will come; it decides which Gram matrix is the smaller one.</param>
    /// <param name="options">Defaults if null.</param>
    /// <exception cref="ArgumentException">No batches, or more examples than announced.</exception>
    /// <exception cref="InvalidDataException">A row is not finite; the tap and the row are named.</exception>
    public static IReadOnlyDictionary<string, FeatureSpectrum> Spectra(IEnumerable<TapBatch> batches, long examples, TapAnalysisOptions? options = null)
    {
        using var features = new TapFeatures(examples, options ?? new(), spectra: true, keep: false);
        features.AddAll(batches);
        return features.Spectra();
    }

    /// <summary>Errors of the nearest neighbours and of the nearest centroid at each tap.</summary>
    /// <param name="train">The forward pass over the examples that neighbours are looked for among; enumerated once.</param>
    /// <param name="trainExamples">Number of examples that will come.</param>
    /// <param name="test">The forward pass over the examples that are classified; enumerated once.</param>
    /// <param name="options">Defaults if null.</param>
    /// <inheritdoc cref="Spectra"/>
    public static IReadOnlyDictionary<string, NeighbourErrors> Neighbours(
        IEnumerable<TapBatch> train, long trainExamples, IEnumerable<TapBatch> test, TapAnalysisOptions? options = null)
    {
        using var features = new TapFeatures(trainExamples, options ?? new(), spectra: false, keep: true);
        features.AddAll(train);
        return features.Neighbours(test);
    }

    /// <summary>Both, where the spectra are wanted for the same examples that neighbours are looked for among.</summary>
    /// <inheritdoc cref="Neighbours"/>
    public static (IReadOnlyDictionary<string, FeatureSpectrum> Spectra, IReadOnlyDictionary<string, NeighbourErrors> Neighbours) SpectraAndNeighbours(
        IEnumerable<TapBatch> train, long trainExamples, IEnumerable<TapBatch> test, TapAnalysisOptions? options = null)
    {
        using var features = new TapFeatures(trainExamples, options ?? new(), spectra: true, keep: true);
        features.AddAll(train);
        return (features.Spectra(), features.Neighbours(test));
    }
}
