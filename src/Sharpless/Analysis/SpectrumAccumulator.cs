using Sharpless.Kernels;
using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>
/// Spectrum of features that arrive in batches of examples: a P x P Gram matrix in float64, never the features themselves. For P up to about N;
/// for wider features <see cref="FeatureSpectrum.Of"/> takes the smaller N x N matrix.
/// </summary>
/// <remarks>
/// Centering by feature is exact at any offset: each batch is centered by its own mean, and the means are joined as in Chan, Golub, LeVeque
/// (1979), so no large squares are ever subtracted from each other. Partial accumulators merge in the same way.
/// </remarks>
public sealed class SpectrumAccumulator : IDisposable
{
    private readonly Tensor _gram;
    private readonly Tensor _mean;
    private double _squares;
    private double _centeredSquares;
    private bool _used;

    /// <summary>An accumulator that has seen nothing.</summary>
    /// <param name="dimensions">P, at least 1. 8 P^2 bytes are taken.</param>
    /// <param name="centering">What is subtracted.</param>
    /// <param name="device">Where the Gram matrix is; batches may come from elsewhere.</param>
    public SpectrumAccumulator(long dimensions, Centering centering, Device? device = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        Dimensions = dimensions;
        Centering = centering;
        using var outside = new Outside();
        _gram = zeros([dimensions, dimensions], ScalarType.Float64, device);
        _mean = zeros([1, dimensions], ScalarType.Float64, device);
    }

    /// <summary>P, the number of features.</summary>
    public long Dimensions { get; }

    /// <summary>What is subtracted.</summary>
    public Centering Centering { get; }

    /// <summary>N, the number of examples so far.</summary>
    public long Examples { get; private set; }

    /// <summary>Adds a batch.</summary>
    /// <param name="features">[B, P] or more dimensions, which are flattened after the first; any type, any device. Borrowed.</param>
    /// <exception cref="ArgumentException">Another number of features.</exception>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    public void Add(Tensor features)
    {
        ObjectDisposedException.ThrowIf(_used, this);
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor rows = FeatureRows.AsMatrix(features);
        if (rows.size(1) != Dimensions) throw new ArgumentException($"The accumulator is for {Dimensions} features; given is {features.Text}.", nameof(features));
        long count = rows.size(0);
        if (count == 0) return;

        rows = rows.To(_gram.device).To(ScalarType.Float64);
        double squares = FeatureRows.Norms(rows, Examples).Sum(norm => norm * norm);
        switch (Centering)
        {
            case Centering.Example:
                rows -= rows.mean([1], keepdim: true);
                break;
            case Centering.Feature:
                Tensor mean = rows.mean([0], keepdim: true);
                rows -= mean;
                JoinMean(mean, count);
                break;
        }

        Accumulate(rows);
        _squares += squares;
        Examples += count;
    }

    /// <summary>Adds all that another accumulator has seen, as if its batches had come here.</summary>
    /// <param name="other">Of the same size and centering. Unchanged.</param>
    public void Merge(SpectrumAccumulator other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ObjectDisposedException.ThrowIf(_used, this);
        ObjectDisposedException.ThrowIf(other._used, other);
        if (other.Dimensions != Dimensions || other.Centering != Centering)
            throw new ArgumentException($"This accumulator has {Dimensions} features and centering {Centering}, the other {other.Dimensions} and {other.Centering}.", nameof(other));
        if (other.Examples == 0) return;

        using var scope = NewDisposeScope();
        if (Centering == Centering.Feature) JoinMean(other._mean.To(_gram.device), other.Examples);
        _gram.add_(other._gram.To(_gram.device));
        _squares += other._squares;
        _centeredSquares += other._centeredSquares;
        Examples += other.Examples;
    }

    /// <summary>The spectrum of all examples. The Gram matrix becomes working memory, so nothing can be added afterwards.</summary>
    /// <param name="cancel">Stops at once; the accumulator is of no use afterwards.</param>
    /// <exception cref="InvalidOperationException">No examples were added.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public FeatureSpectrum Finish(CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_used, this);
        if (Examples == 0) throw new InvalidOperationException("No features were added; a spectrum needs at least one example.");
        _used = true;
        using Tensor eigenvalues = SymmetricMatrix.Eigenvalues(_gram, cancel);
        double[] values = eigenvalues.ToArray<double>();
        Dispose();
        return FeatureSpectrum.FromEigenvalues(values, Examples, Dimensions, Centering, _centeredSquares, _squares);
    }

    /// <summary>
    /// The Gram matrix [P, P] of the centered features so far, row-major; for <see cref="Centering.Feature"/> N times their covariance. 0 in rows and
    /// columns of features that are constant but for rounding.
    /// </summary>
    internal double[] CenteredGram()
    {
        ObjectDisposedException.ThrowIf(_used, this);
        double[] gram = _gram.ToArray<double>();
        int order = (int)Dimensions;
        // The squares of a constant feature's rounding: some epsilons of its mean, in each example.
        double[] mean = _mean.ToArray<double>();
        double Rounding(int i) => 1024 * FeatureSpectrum.Epsilon * FeatureSpectrum.Epsilon * Examples * mean[i] * mean[i];
        bool[] isConstant = [.. Enumerable.Range(0, order).Select(i => gram[(i * order) + i] <= Rounding(i))];
        for (int row = 0; row < order; row++)
        {
            for (int column = row; column < order; column++)
            {
                double value = isConstant[row] || isConstant[column] ? 0 : gram[(row * order) + column];
                gram[(row * order) + column] = gram[(column * order) + row] = value;
            }
        }

        return gram;
    }

    /// <summary>Frees the Gram matrix.</summary>
    public void Dispose()
    {
        _used = true;
        _gram.Dispose();
        _mean.Dispose();
    }

    /// <summary>Spectrum of a matrix, by blocks of rows.</summary>
    internal static FeatureSpectrum Spectrum(FeatureMatrix features, Centering centering, IProgress<double>? progress, CancellationToken cancel)
    {
        using var accumulator = new SpectrumAccumulator(features.Dimensions, centering);
        long block = Math.Clamp(FeatureSpectrum.PanelBytes / (8 * features.Dimensions), 16, 8192);
        for (long row = 0; row < features.Examples; row += block)
        {
            cancel.ThrowIfCancellationRequested();
            using Tensor rows = features.ReadRows(row, Math.Min(block, features.Examples - row));
            accumulator.Add(rows);
            progress?.Report((double)accumulator.Examples / features.Examples);
        }

        return accumulator.Finish(cancel);
    }

    // Centered about the mean m of all n = a + b examples, the squares are those about the two means, plus a b / n (m_b - m_a)ᵀ(m_b - m_a).
    private void JoinMean(Tensor mean, long count)
    {
        double total = Examples + count;
        Tensor step = mean - _mean;
        if (Examples > 0) Accumulate(step * Math.Sqrt(Examples * (count / total)));
        _mean.add_(step, count / total);
    }

    private void Accumulate(Tensor rows)
    {
        SymmetricMatrix.Accumulate(_gram, rows);
        _centeredSquares += FeatureRows.Norms(rows, Examples).Sum(norm => norm * norm);
    }
}
