using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Classifies test batches as they arrive and counts the errors.</summary>
/// <param name="train">[N, P], read again for each batch.</param>
/// <param name="labels">[N].</param>
/// <param name="k">Number of neighbours that vote, 1 to N.</param>
/// <param name="cancel">Stops within a batch, at the next block of training examples.</param>
public sealed class NeighbourErrorCounter(FeatureMatrix train, IReadOnlyList<long> labels, int k = 10, CancellationToken cancel = default)
{
    private readonly NearestNeighbours _neighbours = new(train, labels, k, cancel: cancel);
    private readonly NearestCentroid _centroid = new(train, labels, cancel);
    private readonly SortedDictionary<long, (long Count, long Wrong)> _classes = [];
    private long _count;
    private long _wrong;

    /// <summary>Classifies a batch.</summary>
    /// <param name="features">[B, P] or more dimensions, which are flattened after the first. Borrowed.</param>
    /// <param name="testLabels">[B].</param>
    public void Add(Tensor features, IReadOnlyList<long> testLabels)
    {
        ArgumentNullException.ThrowIfNull(testLabels);
        long[] byNeighbours = _neighbours.Classify(features, _count), byCentroid = _centroid.Classify(features, _count);
        if (byNeighbours.Length != testLabels.Count) throw new ArgumentException($"There are {byNeighbours.Length} test examples but {testLabels.Count} labels.", nameof(testLabels));
        for (int i = 0; i < byNeighbours.Length; i++)
        {
            if (byNeighbours[i] != testLabels[i]) _wrong++;
            (long count, long wrong) = _classes.GetValueOrDefault(testLabels[i]);
            _classes[testLabels[i]] = (count + 1, byCentroid[i] == testLabels[i] ? wrong : wrong + 1);
        }

        _count += byNeighbours.Length;
    }

    /// <summary>Classifies features that lie somewhere, batch by batch.</summary>
    /// <param name="test">[M, P]; read once.</param>
    /// <param name="testLabels">[M].</param>
    /// <param name="progress">Told the share of them that is done, 0 to 1.</param>
    public void AddAll(FeatureMatrix test, IReadOnlyList<long> testLabels, IProgress<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(testLabels);
        if (testLabels.Count != test.Examples) throw new ArgumentException($"There are {test.Examples} test examples but {testLabels.Count} labels.", nameof(testLabels));
        const int block = 512;
        for (long row = 0; row < test.Examples; row += block)
        {
            int length = (int)Math.Min(block, test.Examples - row);
            using Tensor rows = test.ReadRows(row, length);
            Add(rows, [.. testLabels.Skip((int)row).Take(length)]);
            progress?.Report((double)(row + length) / test.Examples);
        }
    }

    /// <summary>The errors on all batches.</summary>
    /// <exception cref="InvalidOperationException">There was none.</exception>
    public NeighbourErrors Result() => _count == 0
        ? throw new InvalidOperationException("No test examples were given.")
        : new NeighbourErrors(
            (double)_wrong / _count, _classes.Values.Average(each => (double)each.Wrong / each.Count), _neighbours.K, train.Examples, _count);
}
