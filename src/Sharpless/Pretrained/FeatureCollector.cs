using Sharpless.Analysis;
using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>The features at one tap as they arrive: their Gram matrix where that is the smaller, else, or where they are wanted themselves, all of them.</summary>
internal sealed class FeatureCollector : IDisposable
{
    private readonly Centering _centering;
    private readonly SpectrumAccumulator? _accumulator;

    /// <param name="examples">N at most.</param>
    /// <param name="dimensions">P.</param>
    /// <param name="centering">What is subtracted.</param>
    /// <param name="keeps">Whether the features are wanted themselves.</param>
    /// <param name="spillFolder">Where they wait; null for memory.</param>
    internal FeatureCollector(long examples, long dimensions, Centering centering, bool keeps, string? spillFolder)
    {
        _centering = centering;
        if (!keeps && dimensions <= examples) _accumulator = new SpectrumAccumulator(dimensions, centering);
        else Features = new FeatureStore(examples, dimensions, ScalarType.Float32, spillFolder);
    }

    /// <summary>The features; null where only their spectrum is collected.</summary>
    internal FeatureStore? Features { get; }

    /// <summary>Bytes that a collector takes in memory.</summary>
    internal static long MemoryFor(long examples, long dimensions, bool keeps) =>
        !keeps && dimensions <= examples ? checked(8 * dimensions * dimensions) : checked(4 * examples * dimensions);

    internal void Add(Tensor features)
    {
        _accumulator?.Add(features);
        Features?.Append(features);
    }

    internal FeatureSpectrum Finish(CancellationToken cancel) => _accumulator?.Finish(cancel) ?? FeatureSpectrum.Of(Features!, _centering, cancel: cancel);

    public void Dispose()
    {
        _accumulator?.Dispose();
        Features?.Dispose();
    }
}
