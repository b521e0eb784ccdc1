using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>
/// Block Lanczos iteration with full reorthogonalization for the P x P Gram matrix A of <see cref="CenteredPanels"/>, which is never formed: an
/// orthonormal basis Q [P, b] with A Q = Q H + F, where only the last block of F is not zero.
/// </summary>
/// <remarks>
/// Products with the features are in float32, twice as fast; the basis is orthonormal in float64 all the same. What is said about A here is thus
/// exact to about 1e-6 of its trace: good for finding directions, while <see cref="RankCertificate"/> measures what they explain.
/// </remarks>
internal sealed class LeadingSubspace : IDisposable
{

    private readonly CenteredPanels _panels;
    private readonly long _block;

    // The basis by rows, [capacity, P], and H [capacity, capacity]; the first Dimensions rows and columns are in use.
    private readonly Tensor _basis;
    private readonly Tensor _projection;
    private Tensor _next;
    private Tensor? _beyond;

    /// <summary>An empty subspace, which begins with a random block.</summary>
    /// <param name="panels">The features. Borrowed.</param>
    /// <param name="block">Vectors in a block.</param>
    /// <param name="capacity">Most vectors that <see cref="Grow"/> will bring.</param>
    /// <param name="generator">Draws the first block. Borrowed.</param>
    internal LeadingSubspace(CenteredPanels panels, long block, long capacity, Generator generator)
    {
        (_panels, _block) = (panels, block);
        using var scope = NewDisposeScope();
        _basis = scope.MoveToOuter(Tensor.Empty([capacity, panels.Order], ScalarType.Float64));
        _projection = scope.MoveToOuter(zeros([capacity, capacity], ScalarType.Float64));
        _next = scope.MoveToOuter(Orthogonal.Factor(Orthogonal.Gaussian(block, panels.Order, generator)).Vectors);
    }

    /// <summary>b, the size of the basis.</summary>
    internal long Dimensions { get; private set; }

    /// <summary>Trace of H: the part of the sum of all squared singular values that lies inside the subspace, about.</summary>
    internal double Captured { get; private set; }

    /// <summary>Adds a block to the basis: one pass over the features.</summary>
    internal void Grow()
    {
        using var scope = NewDisposeScope();
        long before = Dimensions;
        _basis.narrow(0, before, _block).copy_(_next);
        Dimensions += _block;
        Tensor image = _panels.ImageInFloat32(_next), basis = _basis.narrow(0, 0, Dimensions), coefficients = Orthogonal.Project(image, basis);
        _projection.narrow(0, 0, Dimensions).narrow(1, before, _block).copy_(coefficients);
        _projection.narrow(0, before, _block).narrow(1, 0, Dimensions).copy_(coefficients.transpose(0, 1));
        Captured += coefficients.narrow(0, before, _block).ToArray<double>().Where((_, i) => i % (_block + 1) == 0).Sum();

        (Tensor vectors, Tensor beyond) = Orthogonal.Factor(image);
        // Where the block had lost rank, the vectors that fill it up are rounding noise, which may well lie in the basis.
        Orthogonal.Project(vectors, basis);
        Tensor next = Orthogonal.Factor(vectors).Vectors;
        _next.Dispose();
        _beyond?.Dispose();
        (_next, _beyond) = (scope.MoveToOuter(next), scope.MoveToOuter(beyond));
    }

    /// <summary>Ritz values, descending, the squared norm of each one's residual, and coefficients of the Ritz vectors in the basis, [b, b] by columns, ascending.</summary>
    internal (double[] Values, double[] Residuals, Tensor Coefficients) Ritz()
    {
        using var scope = NewDisposeScope();
        Tensor projection = _projection.narrow(0, 0, Dimensions).narrow(1, 0, Dimensions);
        (Tensor values, Tensor vectors) = linalg.eigh((projection + projection.transpose(0, 1)) * 0.5);
        Tensor sticksOut = _beyond!.MatrixProduct(vectors.narrow(0, Dimensions - _block, _block));
        double[] found = values.ToArray<double>(), residuals = (sticksOut * sticksOut).sum(dim: 0).ToArray<double>();
        Array.Reverse(found);
        Array.Reverse(residuals);
        return (found, residuals, scope.MoveToOuter(vectors));
    }

    /// <summary>The leading Ritz vectors by rows, [count, P], orthonormal to rounding.</summary>
    internal Tensor Vectors(Tensor coefficients, long count) =>
        coefficients.narrow(1, Dimensions - count, count).transpose(0, 1).MatrixProduct(_basis.narrow(0, 0, Dimensions));

    public void Dispose()
    {
        _basis.Dispose();
        _projection.Dispose();
        _next.Dispose();
        _beyond?.Dispose();
    }
}
