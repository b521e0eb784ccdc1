using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>
/// Eigenvalues of a symmetric matrix in three stages (Haidar, Ltaief, Dongarra 2011): to a band by orthogonal
/// similarity, which is nearly all of the work and consists of matrix products; from there by the kernels. LAPACK's way
/// in one stage reads the whole matrix for every column, and waits for memory.
/// </summary>
internal static class BandReduction
{
    // SHARPLESS_BANDWIDTH.
    private const long Bandwidth = 64;

    // Below this order libtorch is as fast.
    private const long FasterFrom = 2048;

    // Squares of elements beyond, and of what is left of elements below its inverse, would be no numbers of float64.
    private const double Safe = 1e100;

    /// <summary>Whether this is the faster way for a matrix.</summary>
    internal static bool IsFaster(Tensor matrix) =>
        KernelLibrary.IsAvailable && ((TensorView)matrix).IsOnCpu && matrix.size(0) >= FasterFrom;

    /// <summary>Eigenvalues, ascending; on the CPU. The upper triangle is read, and used up.</summary>
    internal static unsafe Tensor Eigenvalues(Tensor matrix, CancellationToken cancel)
    {
        long order = matrix.size(0);
        double largest = Largest(matrix);
        // By a power of 2, exactly.
        double scale = largest > Safe || (largest < 1 / Safe && largest > 0) ? Math.ScaleB(1, -Math.ILogB(largest)) : 1;
        if (scale != 1)
            matrix.mul_(scale);
        for (long start = 0; start + Bandwidth + 1 < order; start += Bandwidth)
        {
            cancel.ThrowIfCancellationRequested();
            Reduce(matrix, start);
        }

        Tensor eigenvalues = empty(order, ScalarType.Float64);
        cancel.ThrowIfCancellationRequested();
        KernelLibrary.ThrowIfFailed(
            KernelImports.sharpless_band_eigenvalues(
                order,
                ((TensorView)matrix).Data,
                order,
                ((TensorView)eigenvalues).Data
            )
        );
        GC.KeepAlive(matrix);
        return scale == 1 ? eigenvalues : eigenvalues.div_(scale);
    }

    /// <summary>
    /// The largest element of the upper triangle in magnitude. The tiles on the diagonal become whole, so that products
    /// can take them as they are.
    /// </summary>
    /// <exception cref="ArgumentException">An element is not finite.</exception>
    internal static double Largest(Tensor matrix)
    {
        double largest = 0;
        foreach ((long start, long end) in Tiles(0, matrix.size(0)))
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor strip = matrix.narrow(0, start, end - start).narrow(1, start, matrix.size(0) - start),
                tile = strip.narrow(1, 0, end - start);
            tile.copy_(tile.triu() + tile.triu(1).t());
            double found = strip.abs().max().item<double>();
            if (!double.IsFinite(found))
                throw new ArgumentException(
                    $"The matrix {matrix.ShapeText()} has an element that is not finite in its rows from {start} to "
                        + $"{end - 1}; eigenvalues are those of finite numbers.",
                    nameof(matrix)
                );
            largest = Math.Max(largest, found);
        }

        return largest;
    }

    /// <summary>
    /// Brings the rows from start to start + 64 into the band. With A for the rest of the matrix below and to the right
    /// of them, and P for what these rows have beside the diagonal block, transposed: P = Q R, A := Qᵀ A Q, where Q = I
    /// - V T Vᵀ is a product of Householder reflections. With X = A V T and W = X - V (Tᵀ Vᵀ X) / 2 that is A := A - V
    /// Wᵀ - W Vᵀ. V, W and the others are kept transposed, the way in which products with A are fast.
    /// </summary>
    private static void Reduce(Tensor matrix, long start)
    {
        using DisposeScope scope = NewDisposeScope();
        long order = matrix.size(0),
            begin = start + Bandwidth,
            rest = order - begin,
            count = Math.Min(Bandwidth, rest);
        Tensor rows = matrix.narrow(0, start, Bandwidth).narrow(1, begin, rest);
        (Tensor factors, Tensor tau) = rows.t().geqrf();
        factors = factors.t();
        // The band's share is R; what lies beyond is not read again.
        rows.narrow(1, 0, count).copy_(factors.narrow(1, 0, count).tril());

        // [V; W] and [W; V].
        Tensor vw = empty([2 * count, rest], ScalarType.Float64),
            wv = empty([2 * count, rest], ScalarType.Float64),
            v = vw.narrow(0, 0, count);
        v.copy_(factors.narrow(0, 0, count).triu(1));
        v.narrow(1, 0, count).diagonal().fill_(1);
        // Where there is nothing to reflect, tau is 0.
        Tensor isNone = tau == 0;
        v.masked_fill_(isNone.unsqueeze(1), 0);
        // T's inverse is the upper triangle of Vᵀ V, with 1 / tau on the diagonal (Puglisi 1992).
        Tensor inverse = matmul(v, v.t()).triu(1) + (1 / tau).masked_fill(isNone, 1).diag();
        Tensor t = linalg.solve_triangular(inverse, eye(count, count, ScalarType.Float64), upper: true);

        Tensor x = matmul(t.t(), Product(matrix, begin, v));
        Tensor w = vw.narrow(0, count, count);
        w.copy_(x.addmm(matmul(matmul(x, v.t()), t), v, alpha: -0.5f));
        wv.narrow(0, 0, count).copy_(w);
        wv.narrow(0, count, count).copy_(v);
        foreach ((long from, long to) in Tiles(begin, order))
        {
            matrix
                .narrow(0, from, to - from)
                .narrow(1, from, order - from)
                .addmm_(
                    vw.narrow(1, from - begin, to - from).t(),
                    wv.narrow(1, from - begin, order - from),
                    alpha: -1
                );
        }
    }

    // Vᵀ A, from the upper triangle of A: each strip of it is multiplied as it is and transposed.
    private static Tensor Product(Tensor matrix, long begin, Tensor v)
    {
        long order = matrix.size(0);
        Tensor product = zeros(v.shape, ScalarType.Float64);
        foreach ((long from, long to) in Tiles(begin, order))
        {
            Tensor strip = matrix.narrow(0, from, to - from),
                vHere = v.narrow(1, from - begin, to - from);
            product
                .narrow(1, from - begin, order - from)
                .addmm_(vHere, strip.narrow(1, from, order - from));
            if (to < order)
                product
                    .narrow(1, from - begin, to - from)
                    .addmm_(v.narrow(1, to - begin, order - to), strip.narrow(1, to, order - to).t());
        }

        return product;
    }

    // The tiles on the diagonal lie at multiples of their size, so that all steps cut the matrix at the same places.
    private static IEnumerable<(long Start, long End)> Tiles(long begin, long order)
    {
        for (long start = begin, end; start < order; start = end)
        {
            end = Math.Min(((start / SymmetricMatrix.Tile) + 1) * SymmetricMatrix.Tile, order);
            yield return (start, end);
        }
    }
}
