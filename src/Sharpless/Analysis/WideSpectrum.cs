using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Spectrum of features with more columns than rows: an N x N Gram matrix in float64 from panels of columns.</summary>
internal static class WideSpectrum
{
    internal static FeatureSpectrum Of(FeatureMatrix features, Centering centering, IProgress<double>? progress)
    {
        using var scope = TensorScope.Begin();
        using GradientMode off = GradientMode.Off();
        long examples = features.Examples, dimensions = features.Dimensions;
        (Tensor means, double squares) = ReadOnce(features);

        Tensor gram = Tensor.Zeros([examples, examples], ScalarType.Float64);
        double centeredSquares = 0;
        long width = Math.Clamp(FeatureSpectrum.PanelBytes / (8 * examples), 16, 8192);
        for (long column = 0; column < dimensions; column += width)
        {
            using var step = TensorScope.Begin();
            Tensor panel = features.Read(0, examples, column, Math.Min(width, dimensions - column)).To(ScalarType.Float64);
            panel = centering switch
            {
                Centering.Example => panel - means,
                Centering.Feature => panel - panel.Mean(0, keep: true),
                _ => panel,
            };
            centeredSquares += FeatureRows.Norms(panel, 0).Sum(norm => norm * norm);
            LinearAlgebra.GramAccumulate(gram, panel.Transpose(0, 1));
            progress?.Report((double)Math.Min(column + width, dimensions) / dimensions);
        }

        double[] eigenvalues = LinearAlgebra.SymmetricEigenvalues(gram).ToArray<double>();
        return FeatureSpectrum.FromEigenvalues(eigenvalues, examples, dimensions, centering, centeredSquares, squares);
    }

    // Refuses rows that are not finite before the long work begins, and finds each row's mean [N, 1] and the sum of all squares.
    private static (Tensor Means, double Squares) ReadOnce(FeatureMatrix features)
    {
        Tensor means = Tensor.Empty([features.Examples, 1], ScalarType.Float64);
        double squares = 0;
        long block = Math.Clamp(FeatureSpectrum.PanelBytes / (8 * features.Dimensions), 1, 8192);
        for (long row = 0; row < features.Examples; row += block)
        {
            using var step = TensorScope.Begin();
            long count = Math.Min(block, features.Examples - row);
            Tensor rows = features.ReadRows(row, count).To(ScalarType.Float64);
            squares += FeatureRows.Norms(rows, row).Sum(norm => norm * norm);
            means.Narrow(0, row, count).CopyInPlace(rows.Mean(1, keep: true));
        }

        return (means, squares);
    }
}
