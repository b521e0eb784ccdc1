using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>
/// Gram matrices and their eigenvalues, in float64. Of a symmetric matrix only the upper triangle is kept and read.
/// </summary>
public static class SymmetricMatrix
{
    /// <summary>
    /// Rows of the tiles on the diagonal, which are computed whole. Narrower ones would waste less, and multiply slower.
    /// </summary>
    internal const long Tile = 256;

    // Below this order eigenvalues are there sooner than a thread is worth.
    private const long LongFrom = 1024;

    /// <summary>gram += panelᵀ panel, in the upper triangle of gram at least: about half the products.</summary>
    /// <param name="gram">[P, P] Float64, contiguous.</param>
    /// <param name="panel">[any, P] Float64, on the same device; a transposed view of a contiguous tensor costs no copy.</param>
    /// <exception cref="ArgumentException">Another shape, type or device.</exception>
    public static void Accumulate(Tensor gram, Tensor panel)
    {
        ArgumentNullException.ThrowIfNull(panel);
        RequireSquare(gram, nameof(gram));
        long order = gram.size(0);
        if (
            panel.dim() != 2
            || panel.size(1) != order
            || panel.dtype != ScalarType.Float64
            || panel.device_type != gram.device_type
        )
            throw new ArgumentException(
                $"The panel is {panel.ShapeText()} {panel.dtype} on {panel.device}; expected [any, {order}] Float64 on "
                    + $"{gram.device}, to go with gram {gram.ShapeText()}.",
                nameof(panel)
            );
        if (panel.numel() == 0)
            return;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        // A matrix product takes rows or columns that lie without gaps; of others it would make a copy for each tile.
        Tensor rows = panel.stride(0) == 1 || panel.stride(1) == 1 ? panel : panel.contiguous();
        for (long start = 0; start < order; start += Tile)
        {
            long height = Math.Min(Tile, order - start);
            gram.narrow(0, start, height)
                .narrow(1, start, order - start)
                .addmm_(rows.narrow(1, start, height).t(), rows.narrow(1, start, order - start));
        }
    }

    /// <summary>Eigenvalues [P], ascending, of the symmetric matrix whose upper triangle is given.</summary>
    /// <param name="matrix">[P, P] Float64, contiguous; holds no useful values afterwards.</param>
    /// <param name="cancel">
    /// Stops waiting. The work goes on in a thread of its own until it can stop, and keeps the matrix's memory until
    /// then.
    /// </param>
    /// <returns>Exact to the rounding of the largest one in magnitude.</returns>
    /// <exception cref="ArgumentException">Another shape or type, or an element is not finite.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static Tensor Eigenvalues(Tensor matrix, CancellationToken cancel = default)
    {
        RequireSquare(matrix, nameof(matrix));
        cancel.ThrowIfCancellationRequested();
        if (!cancel.CanBeCanceled || matrix.size(0) < LongFrom)
            return Solved(matrix, cancel);
        var found = new TaskCompletionSource<double[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        int threads = get_num_threads();
        // The caller may go before the work ends, and with it its scopes.
        Tensor shared = matrix.alias().DetachFromDisposeScope();
        new Thread(() => Solve(shared, threads, found, cancel)) { IsBackground = true, Name = "eigenvalues" }.Start();
        Task.WaitAny([found.Task], cancel);
        return tensor(found.Task.GetAwaiter().GetResult(), device: matrix.device);
    }

    private static void Solve(
        Tensor matrix,
        int threads,
        TaskCompletionSource<double[]> found,
        CancellationToken cancel
    )
    {
        try
        {
            using (matrix)
            {
                set_num_threads(threads); // a setting of each thread
                using Tensor eigenvalues = Solved(matrix, cancel).cpu();
                found.SetResult(eigenvalues.data<double>().ToArray());
            }
        }
        catch (Exception error)
        {
            found.SetException(error);
        }
    }

    private static Tensor Solved(Tensor matrix, CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor eigenvalues = BandReduction.IsFaster(matrix)
            ? BandReduction.Eigenvalues(matrix, cancel)
            : WithLibtorch(matrix);
        return eigenvalues.MoveToOuterDisposeScope();
    }

    private static Tensor WithLibtorch(Tensor matrix)
    {
        BandReduction.Largest(matrix); // libtorch's answer to what is not finite depends on its LAPACK
        return linalg.eigvalsh(matrix, 'U');
    }

    // TorchSharp does not check these; some misfits end the process.
    private static void RequireSquare(Tensor matrix, string name)
    {
        ArgumentNullException.ThrowIfNull(matrix, name);
        if (
            matrix.dim() != 2
            || matrix.size(0) != matrix.size(1)
            || matrix.dtype != ScalarType.Float64
            || !((TensorView)matrix).IsContiguous
        )
            throw new ArgumentException(
                $"{name} is {matrix.ShapeText()} {matrix.dtype} with strides [{string.Join(", ", matrix.stride())}]; "
                    + "expected a square matrix of Float64, row by row without gaps.",
                name
            );
    }
}
