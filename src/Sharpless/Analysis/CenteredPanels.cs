using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>
/// Centered features as panels G [k, n] in float64, such that the sum of all Gᵀ G is a Gram matrix: blocks of rows for the P x P one of features,
/// or blocks of columns, transposed, for the N x N one of examples.
/// </summary>
internal sealed class CenteredPanels : IDisposable
{

    // A panel of an image goes through two products with few vectors: it should still be in the cache for the second one.
    private const long ImagePanelBytes = 32L << 20;

    private readonly FeatureMatrix _features;
    private readonly Centering _centering;
    private readonly bool _byColumns;
    private readonly CancellationToken _cancel;
    private readonly Tensor? _mean;

    /// <summary>Reads all features once: refuses rows that are not finite before the long work begins, and finds the means.</summary>
    /// <param name="features">[N, P]. Borrowed.</param>
    /// <param name="centering">What is subtracted.</param>
    /// <param name="byColumns">Whether panels are blocks of columns, transposed.</param>
    /// <param name="cancel">Stops every pass over the features at its next panel.</param>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    internal CenteredPanels(FeatureMatrix features, Centering centering, bool byColumns, CancellationToken cancel = default)
    {
        (_features, _centering, _byColumns, _cancel) = (features, centering, byColumns, cancel);
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor? mean = centering switch
        {
            Centering.Example => Tensor.Empty([features.Examples, 1], ScalarType.Float64),
            Centering.Feature => zeros([1, features.Dimensions], ScalarType.Float64),
            _ => null,
        };
        double meanSquares = 0;
        for (long row = 0, count; row < features.Examples; row += count)
        {
            cancel.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            count = Math.Min(BlockOf(features.Dimensions, minimum: 1, FeatureSpectrum.PanelBytes), features.Examples - row);
            Tensor rows = features.ReadRows(row, count).To(ScalarType.Float64);
            RawSquares += Squares(rows, row);
            if (centering == Centering.Example) mean!.narrow(0, row, count).copy_(rows.mean([1], keepdim: true));
            if (centering == Centering.Feature) mean!.add_(rows.mean([0], keepdim: true), (double)count / features.Examples);
        }

        if (mean is not null)
        {
            meanSquares = Squares(mean) * (centering == Centering.Example ? features.Dimensions : features.Examples);
            _mean = scope.MoveToOuter(mean);
        }

        CenteredSquares = Math.Max(0, RawSquares - meanSquares);
    }

    /// <summary>n, the order of the Gram matrix: P, or N by columns.</summary>
    internal long Order => _byColumns ? _features.Examples : _features.Dimensions;

    /// <summary>Sum of the squared features before centering.</summary>
    internal double RawSquares { get; }

    /// <summary>Sum of the squared centered features, the trace of the Gram matrix, up to rounding of <see cref="RawSquares"/>.</summary>
    internal double CenteredSquares { get; }

    /// <summary>Reads all panels, one after the other.</summary>
    /// <param name="use">Given a panel G [k, n] Float64, which is freed afterwards.</param>
    /// <param name="progress">Told the share of the features that is done.</param>
    internal void ForEach(Action<Tensor> use, IProgress<double>? progress = null) => ForEach(use, ScalarType.Float64, FeatureSpectrum.PanelBytes, progress);

    /// <summary>V A [p, n] for vectors V [p, n], both Float64, with products in float32: exact to some roundings of float32 of A's trace.</summary>
    internal Tensor ImageInFloat32(Tensor vectors)
    {
        using var scope = NewDisposeScope();
        Tensor given = vectors.To(ScalarType.Float32), image = zeros([vectors.size(0), Order]);
        ForEach(panel => AddProduct(image, given.MatrixProduct(panel.transpose(0, 1)), panel), ScalarType.Float32, ImagePanelBytes, null);
        return scope.MoveToOuter(image.To(ScalarType.Float64));
    }

    /// <summary>sum += left right.</summary>
    internal static void AddProduct(Tensor sum, Tensor left, Tensor right) => sum.addmm_(left, right);

    private void ForEach(Action<Tensor> use, ScalarType type, long panelBytes, IProgress<double>? progress)
    {
        using IDisposable off = no_grad();
        long length = _byColumns ? _features.Dimensions : _features.Examples, block = BlockOf(Order, minimum: 16, panelBytes);
        for (long start = 0, count; start < length; start += count)
        {
            _cancel.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            count = Math.Min(block, length - start);
            Tensor read = _byColumns ? _features.Read(0, Order, start, count) : _features.ReadRows(start, count), panel = read.To(type);
            if (_mean is not null && read.dtype == type) panel -= MeanOf(start, count).To(type); // perhaps a view of what must not change
            else if (_mean is not null) panel.add_(MeanOf(start, count).To(type), -1);
            use(_byColumns ? panel.transpose(0, 1) : panel);
            progress?.Report((double)(start + count) / length);
        }
    }

    /// <summary>Sum of the squares of a panel.</summary>
    internal static double Squares(Tensor panel, long firstRow = 0) => FeatureRows.Norms(panel, firstRow).Sum(norm => norm * norm);

    public void Dispose() => _mean?.Dispose();

    private Tensor MeanOf(long start, long count) =>
        _centering == Centering.Example
            ? _byColumns ? _mean! : _mean!.narrow(0, start, count)
            : _byColumns ? _mean!.narrow(1, start, count) : _mean!;

    private static long BlockOf(long width, long minimum, long panelBytes) => Math.Clamp(panelBytes / (8 * width), minimum, 8192);
}
