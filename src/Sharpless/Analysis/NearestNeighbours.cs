using System.Numerics;
using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>
/// Classification by the k nearest training examples: cosine similarity of the features, each of the k votes for its label, and the most
/// frequent label wins, the smallest one among equals.
/// </summary>
/// <remarks>
/// The measure of arXiv:2305.16292 (there with k = 10 and features of another data set). The features are not centered; a row of zeros has
/// similarity 0 to everything. Equal similarities are taken in the order of the training examples (the published code leaves that to an
/// unstable sort).
/// Products are taken in Float32 where the features are; an example whose k-th and next neighbour lie too close for that is decided in
/// Float64, where similarities that agree to 2^-40 count as equal. So the neighbours are those that Float64 finds.
/// </remarks>
public sealed class NearestNeighbours
{
    private const long ChunkBytes = 128L << 20;

    private readonly FeatureMatrix _train;
    private readonly IReadOnlyList<long> _labels;
    private readonly double[] _inverseNorms;
    private readonly Device _device;
    private readonly CancellationToken _cancel;

    /// <summary>Reads the training features once.</summary>
    /// <param name="train">[N, P], kept and read again for each batch that is classified; in memory if that is to be fast.</param>
    /// <param name="labels">[N], any integers.</param>
    /// <param name="k">Number of neighbours that vote, 1 to N.</param>
    /// <param name="device">Where products are taken.</param>
    /// <param name="cancel">Stops this and every search at the next block of training examples.</param>
    /// <exception cref="ArgumentException">Not one label for each row, or k larger than N.</exception>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    public NearestNeighbours(FeatureMatrix train, IReadOnlyList<long> labels, int k = 10, Device? device = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count != train.Examples) throw new ArgumentException($"There are {train.Examples} training examples but {labels.Count} labels.", nameof(labels));
        if (k < 1 || k > train.Examples) throw new ArgumentException($"k is {k}; it must lie between 1 and {train.Examples}, the number of training examples.", nameof(k));
        (_train, _labels, K, _device, _cancel) = (train, labels, k, device ?? CPU, cancel);
        _inverseNorms = new double[train.Examples];
        long block = RowsPerChunk();
        for (long row = 0; row < train.Examples; row += block)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Tensor rows = train.ReadRows(row, Math.Min(block, train.Examples - row)).To(ScalarType.Float64);
            InverseNorms(rows, row).CopyTo(_inverseNorms, row);
        }
    }

    /// <summary>Number of neighbours that vote.</summary>
    public int K { get; }

    /// <summary>Predicts labels.</summary>
    /// <param name="features">[B, P] or more dimensions, which are flattened after the first. Borrowed.</param>
    /// <param name="firstRow">Number of the first row, for messages.</param>
    /// <returns>[B] labels.</returns>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    public long[] Classify(Tensor features, long firstRow = 0) =>
        Array.ConvertAll(Neighbours(features, firstRow), neighbours => Vote(Array.ConvertAll(neighbours, index => _labels[index])));

    /// <summary>Finds the k nearest training examples.</summary>
    /// <returns>[B][k] row numbers of training examples, nearest first.</returns>
    /// <inheritdoc cref="Classify"/>
    public int[][] Neighbours(Tensor features, long firstRow = 0)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor rows = FeatureRows.AsMatrix(features).To(CPU);
        if (rows.size(1) != _train.Dimensions)
            throw new ArgumentException($"The training examples have {_train.Dimensions} features; given is {features.Text}.", nameof(features));
        Tensor exact = rows.To(ScalarType.Float64);
        double[] inverseNorms = InverseNorms(exact, firstRow);

        int[][] neighbours;
        var undecided = new List<long>();
        if (_train.Type == ScalarType.Float32)
        {
            // One neighbour more than asked for shows how safe the last one is.
            Nearest[] found = Search<float>(rows.To(ScalarType.Float32), inverseNorms, (int)Math.Min(K + 1, _train.Examples), round: false);
            neighbours = Array.ConvertAll(found, nearest => nearest.Indices[..K]);
            for (int i = 0; i < found.Length; i++)
            {
                if (!found[i].IsDecided(K, ProductError(_train.Dimensions))) undecided.Add(i);
            }
        }
        else
        {
            neighbours = new int[rows.size(0)][];
            undecided.AddRange(Enumerable.Range(0, neighbours.Length).Select(i => (long)i));
        }

        if (undecided.Count == 0) return neighbours;
        long[] indices = [.. undecided];
        Tensor selected = exact.index_select(0, Tensor.From(indices));
        Nearest[] decided = Search<double>(selected, Array.ConvertAll(indices, i => inverseNorms[i]), K, round: true);
        for (int i = 0; i < indices.Length; i++) neighbours[indices[i]] = decided[i].Indices;
        return neighbours;
    }

    /// <summary>The most frequent label; the smallest among equals.</summary>
    internal static long Vote(long[] labels)
    {
        Array.Sort(labels);
        (long winner, int most) = (0, 0);
        for (int start = 0, end; start < labels.Length; start = end)
        {
            for (end = start + 1; end < labels.Length && labels[end] == labels[start];) end++;
            if (end - start > most) (winner, most) = (labels[start], end - start);
        }

        return winner;
    }

    /// <summary>1 / |row|, and 0 for a row of zeros.</summary>
    internal static double[] InverseNorms(Tensor rows, long firstRow) =>
        Array.ConvertAll(FeatureRows.Norms(rows, firstRow), norm => norm == 0 ? 0 : 1 / norm);

    /// <summary>Rounds a similarity, which lies between -1 and 1, so that equal ones stay equal whatever the order of the products was.</summary>
    internal static double RoundSimilarity(double similarity) => Math.ScaleB(Math.Round(Math.ScaleB(similarity, 40)), -40);

    // Rounding of a Float32 product of unit vectors: a random walk of as many steps of 2^-24 as there are features, with a margin of 8.
    private static double ProductError(long dimensions) => 8 * Math.ScaleB(1, -24) * Math.Sqrt(dimensions);

    private Nearest[] Search<T>(Tensor rows, double[] inverseNorms, int count, bool round)
        where T : unmanaged, INumber<T>
    {
        var nearest = new Nearest[inverseNorms.Length];
        for (int i = 0; i < nearest.Length; i++) nearest[i] = new Nearest(count);
        Tensor left = rows.To(_device);
        long block = RowsPerChunk();
        for (long first = 0; first < _train.Examples; first += block)
        {
            _cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            int length = (int)Math.Min(block, _train.Examples - first);
            Tensor chunk = _train.ReadRows(first, length).To(rows.dtype).To(_device);
            T[] products = left.MatrixProduct(chunk.transpose(0, 1)).ToArray<T>();
            long start = first;
            Parallel.For(0, nearest.Length, i =>
            {
                ReadOnlySpan<T> row = products.AsSpan(i * length, length);
                for (int j = 0; j < length; j++)
                {
                    double similarity = double.CreateTruncating(row[j]) * inverseNorms[i] * _inverseNorms[start + j];
                    if (round) similarity = RoundSimilarity(similarity);
                    nearest[i].Offer(similarity, (int)(start + j));
                }
            });
        }

        return nearest;
    }

    private long RowsPerChunk() => Math.Clamp(ChunkBytes / (_train.Type.ByteSize() * _train.Dimensions), 64, 4096);

    // The best few of the similarities offered so far, best first. Offers come in the order of the indices, so an equal one goes behind.
    private sealed class Nearest(int count)
    {
        private readonly double[] _similarities = Filled(count);
        private bool _broken;

        internal int[] Indices { get; } = new int[count];

        internal void Offer(double similarity, int index)
        {
            if (!(similarity <= double.MaxValue)) _broken = true;
            int place = count - 1;
            if (!(similarity > _similarities[place])) return;
            for (; place > 0 && similarity > _similarities[place - 1]; place--)
            {
                _similarities[place] = _similarities[place - 1];
                Indices[place] = Indices[place - 1];
            }

            _similarities[place] = similarity;
            Indices[place] = index;
        }

        // Whether the first k would be the same if each similarity were wrong by the error. A product that overflowed decides nothing.
        internal bool IsDecided(int k, double error) =>
            !_broken && (k == count || _similarities[k - 1] - _similarities[k] > 2 * error);

        private static double[] Filled(int count)
        {
            var values = new double[count];
            Array.Fill(values, double.NegativeInfinity);
            return values;
        }
    }
}
