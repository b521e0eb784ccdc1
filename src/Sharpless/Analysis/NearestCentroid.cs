using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>
/// Classification by the nearest class mean: features are divided by their L2 norm, a centroid is the plain mean of a class, and the largest
/// product with a centroid wins, the smallest label among equals. All in Float64.
/// </summary>
public sealed class NearestCentroid
{

    private readonly long[] _classes;
    private readonly double[] _centroids;
    private readonly long _dimensions;

    /// <summary>Reads the training features once.</summary>
    /// <param name="train">[N, P].</param>
    /// <param name="labels">[N], any integers.</param>
    /// <param name="cancel">Stops at the next block of training examples.</param>
    /// <exception cref="ArgumentException">Not one label for each row.</exception>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    public NearestCentroid(FeatureMatrix train, IReadOnlyList<long> labels, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count != train.Examples) throw new ArgumentException($"There are {train.Examples} training examples but {labels.Count} labels.", nameof(labels));
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        _dimensions = train.Dimensions;
        _classes = [.. labels.Distinct().Order()];
        Tensor sums = zeros([_classes.Length, _dimensions], ScalarType.Float64);
        var counts = new double[_classes.Length];
        long block = Math.Clamp(FeatureSpectrum.PanelBytes / (8 * _dimensions), 1, 8192);
        for (long row = 0; row < train.Examples; row += block)
        {
            cancel.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            int length = (int)Math.Min(block, train.Examples - row);
            Tensor unit = Normalize(train.ReadRows(row, length), row);
            var classes = new long[length];
            for (int i = 0; i < length; i++)
            {
                classes[i] = Array.BinarySearch(_classes, labels[(int)row + i]);
                counts[classes[i]]++;
            }

            sums.index_add_(0, Tensor.From(classes), unit, 1);
        }

        _centroids = (sums / Tensor.From(counts, _classes.Length, 1)).ToArray<double>();
    }

    /// <summary>Predicts labels.</summary>
    /// <param name="features">[B, P] or more dimensions, which are flattened after the first. Borrowed.</param>
    /// <param name="firstRow">Number of the first row, for messages.</param>
    /// <returns>[B] labels.</returns>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    public long[] Classify(Tensor features, long firstRow = 0)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor rows = FeatureRows.AsMatrix(features);
        if (rows.size(1) != _dimensions) throw new ArgumentException($"The training examples have {_dimensions} features; given is {features.Text}.", nameof(features));
        Tensor centroids = Tensor.From(_centroids, _classes.Length, _dimensions);
        double[] products = Normalize(rows, firstRow).MatrixProduct(centroids.transpose(0, 1)).ToArray<double>();
        var predictions = new long[rows.size(0)];
        for (int i = 0; i < predictions.Length; i++)
        {
            int best = 0;
            double most = double.NegativeInfinity;
            for (int c = 0; c < _classes.Length; c++)
            {
                double product = NearestNeighbours.RoundSimilarity(products[(i * _classes.Length) + c]);
                if (product > most) (best, most) = (c, product);
            }

            predictions[i] = _classes[best];
        }

        return predictions;
    }

    private static Tensor Normalize(Tensor rows, long firstRow)
    {
        Tensor exact = rows.To(CPU).To(ScalarType.Float64);
        double[] inverseNorms = NearestNeighbours.InverseNorms(exact, firstRow);
        return exact * Tensor.From(inverseNorms, inverseNorms.Length, 1);
    }
}
