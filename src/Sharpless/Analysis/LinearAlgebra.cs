using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>The float64 kernels of <c>native/kernels/linear_algebra.cpp</c>.</summary>
internal static class LinearAlgebra
{
    private static readonly Operator Accumulate = new("sharpless::gram_accumulate");
    private static readonly Operator Eigenvalues = new("sharpless::symmetric_eigenvalues");

    /// <summary>gram += panelᵀ panel; only the upper triangle of gram is kept up.</summary>
    /// <param name="gram">[P, P] Float64, contiguous.</param>
    /// <param name="panel">[any, P] Float64; a transposed view of a contiguous tensor costs no copy.</param>
    internal static void GramAccumulate(Tensor gram, Tensor panel) => Accumulate.CallInPlace(gram, panel);

    /// <summary>Eigenvalues [P], ascending, of the symmetric matrix whose upper triangle is given.</summary>
    /// <param name="matrix">[P, P] Float64, contiguous; holds no useful values afterwards.</param>
    internal static Tensor SymmetricEigenvalues(Tensor matrix) => Eigenvalues.Call(matrix);
}
