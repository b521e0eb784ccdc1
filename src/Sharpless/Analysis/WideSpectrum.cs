using Sharpless.Kernels;
using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Spectrum of features with more columns than rows: an N x N Gram matrix in float64 from panels of columns.</summary>
internal static class WideSpectrum
{
    internal static FeatureSpectrum Of(FeatureMatrix features, Centering centering, IProgress<double>? progress, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        using var panels = new CenteredPanels(features, centering, byColumns: true, cancel);
        Tensor gram = zeros([features.Examples, features.Examples], ScalarType.Float64);
        double centeredSquares = 0;
        panels.ForEach(
            panel =>
            {
                centeredSquares += CenteredPanels.Squares(panel);
                SymmetricMatrix.Accumulate(gram, panel);
            },
            progress);
        double[] eigenvalues = SymmetricMatrix.Eigenvalues(gram, cancel).ToArray<double>();
        return FeatureSpectrum.FromEigenvalues(eigenvalues, features.Examples, features.Dimensions, centering, centeredSquares, panels.RawSquares);
    }
}
