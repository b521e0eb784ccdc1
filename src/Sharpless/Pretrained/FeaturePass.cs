using Sharpless.Analysis;
using Sharpless.Data.Pictures;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Pretrained;

/// <summary>One pass of a network over pictures that collects the features at its taps.</summary>
internal sealed class FeaturePass : IDisposable
{
    // Of all taps together; beyond it they wait in files.
    private const long FeaturesInMemory = 2L << 30;

    private readonly PictureFolder _pictures;
    private readonly PretrainedRankOptions _options;
    private readonly PictureSize _size;
    private readonly int _atOnce;
    private readonly int _count;
    private readonly List<(string Tap, FeatureCollector Collector)> _taps = [];

    /// <summary>A pass that has not begun; what it needs is checked.</summary>
    /// <param name="pictures">Images; the first ones are taken.</param>
    /// <param name="options">How many, and how they are read.</param>
    /// <param name="size">H and W.</param>
    /// <param name="atOnce">Images that the network takes at once.</param>
    /// <param name="taps">Names of the taps and their numbers of features.</param>
    /// <exception cref="UsageException">Too little memory, or fewer images than one whole batch where only whole ones count.</exception>
    internal FeaturePass(PictureFolder pictures, PretrainedRankOptions options, PictureSize size, int atOnce,
        IReadOnlyList<(string Tap, int Dimensions)> taps)
    {
        (_pictures, _options, _size, _atOnce) = (pictures, options, size, Math.Min(atOnce, options.BatchSize));
        long count = Math.Min(pictures.Names.Count, (long)options.BatchSize * options.Batches);
        if (options.IsAsPublished) count -= count % options.BatchSize;
        if (count == 0) throw new UsageException($"'{pictures.Path}' holds {pictures.Names.Count} pictures, fewer than one batch of {options.BatchSize}; as published only whole batches count.", "Take a smaller --bs.");
        _count = (int)count;

        bool keeps = options.FeaturesFile is not null;
        long needed = taps.Sum(tap => FeatureCollector.MemoryFor(count, tap.Dimensions, keeps));
        string? spill = keeps && needed > FeaturesInMemory ? Path.GetDirectoryName(Path.GetFullPath(options.FeaturesFile!)) : null;
        if (spill is null && needed > options.MemoryLimit)
        {
            throw new UsageException(
                $"{taps.Count} taps of {count} images take {needed} bytes of memory, and the limit is "
                    + $"{options.MemoryLimit}.",
                    "Ask for fewer places, take the mean over tokens or positions, or allow more memory.");
        }

        foreach ((string tap, int dimensions) in taps) _taps.Add((tap, new FeatureCollector(count, dimensions, options.Centering, keeps, spill)));
    }

    /// <summary>Images that were looked at so far.</summary>
    internal long Examples { get; private set; }

    /// <summary>Images that could not be decoded.</summary>
    internal List<string> Skipped { get; } = [];

    /// <summary>Runs it.</summary>
    /// <param name="read">
    /// From normalized images [B, 3, H, W] and their places in the folder to features [B, P] by tap.
    /// </param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancel">Stops at the next batch.</param>
    /// <exception cref="FailureException">An image cannot be decoded, and damaged ones are not to be skipped; or no image was left.</exception>
    internal void Run(Func<Tensor, IReadOnlyList<int>, IReadOnlyDictionary<string, Tensor>> read, IProgress<double>? progress, CancellationToken cancel)
    {
        var reader = new PictureReader(_size, _options.Fit, _options.SkipsDamaged);
        IEnumerable<(int[] Members, IReadOnlyList<string> Paths)> batches = Enumerable.Range(0, _count).Chunk(_atOnce)
            .Select(members => (members, (IReadOnlyList<string>)[.. members.Select(member => Path.Combine(_pictures.Path, _pictures.Names[member]))]));
        try
        {
            foreach (PictureBatch<int[]> batch in reader.Read(batches))
            {
                using (batch)
                {
                    cancel.ThrowIfCancellationRequested();
                    Add(batch, read);
                }

                progress?.Report((double)(Examples + Skipped.Count) / _count);
            }
        }
        catch (InvalidDataException error) when (_pictures.Names.Any(name => error.Message.StartsWith(Path.Combine(_pictures.Path, name), StringComparison.Ordinal)))
        {
            throw new FailureException(error.Message, "Mend or remove the picture, or leave such pictures out with --skip-bad-images.", error);
        }

        if (Examples == 0) throw new FailureException($"None of {_count} pictures in '{_pictures.Path}' could be decoded; the first is {Skipped[0]}.", "Check the folder.");
    }

    /// <summary>Writes the features if they are wanted, and takes the spectra.</summary>
    internal IReadOnlyList<(string Tap, FeatureSpectrum Spectrum)> Finish(CancellationToken cancel)
    {
        if (_options.FeaturesFile is string file) FeatureArchive.Write(file, [.. _taps.Select(item => item.Collector.Features!.Entry(item.Tap))]);
        return [.. _taps.Select(item => (item.Tap, item.Collector.Finish(cancel)))];
    }

    /// <summary>Frees what was collected.</summary>
    public void Dispose()
    {
        foreach ((_, FeatureCollector collector) in _taps) collector.Dispose();
    }

    private void Add(PictureBatch<int[]> batch, Func<Tensor, IReadOnlyList<int>, IReadOnlyDictionary<string, Tensor>> read)
    {
        using var scope = NewDisposeScope();
        long[] whole = [.. Enumerable.Range(0, batch.Tag.Length).Where(place => batch.Damage[place] is null).Select(place => (long)place)];
        Skipped.AddRange(batch.Tag.Where((_, place) => batch.Damage[place] is not null).Select(member => _pictures.Names[member]));
        if (whole.Length == 0) return;
        Tensor pictures = whole.Length == batch.Tag.Length ? batch.Pictures : batch.Pictures.index_select(0, Tensor.From(whole));
        Tensor normalized = (pictures - Channels(_options.Normalization.Mean)) / Channels(_options.Normalization.Std);
        if (_options.TakesBlueFirst) normalized = normalized.index_select(1, Tensor.From<long>([2, 1, 0]));
        IReadOnlyDictionary<string, Tensor> features = read(normalized, [.. whole.Select(place => batch.Tag[place])]);
        foreach ((string tap, FeatureCollector collector) in _taps) collector.Add(features[tap]);
        Examples += whole.Length;
    }

    private static Tensor Channels(IReadOnlyList<float> values) => Tensor.From<float>([.. values], 1, values.Count, 1, 1);
}
