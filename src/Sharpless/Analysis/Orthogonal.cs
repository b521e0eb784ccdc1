using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Sets of vectors, by rows [p, n] in float64, and what is orthogonal to them.</summary>
internal static class Orthogonal
{

    /// <summary>Gaussian vectors [count, n].</summary>
    internal static Tensor Gaussian(long count, long order, Generator generator)
    {
        Tensor vectors = Tensor.Empty([count, order], ScalarType.Float64);
        vectors.normal_(0, 1, generator);
        return vectors;
    }

    /// <summary>V = Rᵀ V' with orthonormal rows V' and an upper triangle R.</summary>
    internal static (Tensor Vectors, Tensor Factor) Factor(Tensor vectors)
    {
        (Tensor q, Tensor r) = linalg.qr(vectors.transpose(0, 1));
        return (q.transpose(0, 1).Contiguous(), r);
    }

    /// <summary>Takes an orthonormal basis [b, n] out of vectors [p, n], in place. Returns their coefficients in it, [b, p].</summary>
    internal static Tensor Project(Tensor vectors, Tensor basis)
    {
        Tensor coefficients = zeros([basis.size(0), vectors.size(0)], ScalarType.Float64);
        // Twice: once leaves what rounding lost in the first subtraction.
        for (int pass = 0; pass < 2; pass++)
        {
            Tensor found = basis.MatrixProduct(vectors.transpose(0, 1));
            vectors.add_(found.transpose(0, 1).MatrixProduct(basis), -1);
            coefficients.add_(found);
        }

        return coefficients;
    }
}
