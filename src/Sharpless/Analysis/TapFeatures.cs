using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Collects the features of a forward pass, tap by tap, in the form that the analysis needs.</summary>
internal sealed class TapFeatures(long examples, TapAnalysisOptions options, bool spectra, bool keep) : IDisposable
{
    private readonly OrderedDictionary<string, Tap> _taps = [];
    private readonly List<long> _labels = [];
    private long _memoryLeft = options.FeatureMemory;

    internal void AddAll(IEnumerable<TapBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        foreach (TapBatch batch in batches)
        {
            if (_taps.Count == 0)
            {
                foreach ((string name, Tensor features) in batch.Features) _taps[name] = NewTap(features);
            }

            foreach ((string name, Tap tap) in _taps) Named(name, () => tap.Add(FeaturesOf(batch, name)));
            _labels.AddRange(batch.Labels.ToArray<long>());
        }

        if (_labels.Count == 0) throw new ArgumentException("There are no batches to analyse.", nameof(batches));
    }

    internal IReadOnlyDictionary<string, FeatureSpectrum> Spectra()
    {
        var results = new OrderedDictionary<string, FeatureSpectrum>();
        foreach ((string name, Tap tap) in _taps)
        {
            results[name] = Named(name, () => tap.Accumulator?.Finish() ?? FeatureSpectrum.Of(tap.Store!, options.Centering));
        }

        return results;
    }

    internal IReadOnlyDictionary<string, NeighbourErrors> Neighbours(IEnumerable<TapBatch> test)
    {
        ArgumentNullException.ThrowIfNull(test);
        var counters = new OrderedDictionary<string, NeighbourErrorCounter>();
        foreach ((string name, Tap tap) in _taps) counters[name] = Named(name, () => new NeighbourErrorCounter(tap.Store!, _labels, options.K));
        foreach (TapBatch batch in test)
        {
            long[] labels = batch.Labels.ToArray<long>();
            foreach ((string name, NeighbourErrorCounter counter) in counters) Named(name, () => counter.Add(FeaturesOf(batch, name), labels));
        }

        var results = new OrderedDictionary<string, NeighbourErrors>();
        foreach ((string name, NeighbourErrorCounter counter) in counters) results[name] = counter.Result();
        return results;
    }

    public void Dispose()
    {
        foreach (Tap tap in _taps.Values) tap.Dispose();
    }

    private Tap NewTap(Tensor features)
    {
        using Tensor rows = FeatureRows.AsMatrix(features);
        long dimensions = rows.Size(1);
        bool narrow = dimensions <= examples;
        ScalarType type = rows.Type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        FeatureStore? store = null;
        if (keep || !narrow)
        {
            long size = checked(examples * dimensions * type.ByteSize());
            bool fits = size <= _memoryLeft;
            if (fits) _memoryLeft -= size;
            store = new FeatureStore(examples, dimensions, type, fits ? null : options.SpillFolder);
        }

        return new Tap(spectra && narrow ? new SpectrumAccumulator(dimensions, options.Centering, rows.Device) : null, store);
    }

    private static Tensor FeaturesOf(TapBatch batch, string tap) => batch.Features.TryGetValue(tap, out Tensor? features)
        ? features
        : throw new ArgumentException($"A batch lacks the tap '{tap}'; it has {string.Join(", ", batch.Features.Keys)}.");

    private static void Named(string tap, Action action) => Named(tap, () =>
    {
        action();
        return true;
    });

    private static T Named<T>(string tap, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"Tap '{tap}': {exception.Message}", exception);
        }
    }

    private sealed record Tap(SpectrumAccumulator? Accumulator, FeatureStore? Store) : IDisposable
    {
        internal void Add(Tensor features)
        {
            Accumulator?.Add(features);
            Store?.Append(features);
        }

        public void Dispose()
        {
            Accumulator?.Dispose();
            Store?.Dispose();
        }
    }
}
