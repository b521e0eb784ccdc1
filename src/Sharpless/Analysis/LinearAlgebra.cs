using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>The float64 kernels of <c>native/kernels/linear_algebra.cpp</c>.</summary>
internal static class LinearAlgebra
{
    // Below this order eigenvalues are there sooner than a thread is worth.
    private const long LongFrom = 1024;


    /// <summary>gram += panelᵀ panel; only the upper triangle of gram is kept up.</summary>
    /// <param name="gram">[P, P] Float64, contiguous.</param>
    /// <param name="panel">[any, P] Float64; a transposed view of a contiguous tensor costs no copy.</param>
    internal static void GramAccumulate(Tensor gram, Tensor panel) => gram.addmm_(panel.transpose(0, 1), panel);

    /// <summary>Eigenvalues [P], ascending, of the symmetric matrix whose upper triangle is given.</summary>
    /// <param name="matrix">[P, P] Float64, contiguous; holds no useful values afterwards.</param>
    /// <param name="cancel">
    /// Stops waiting: LAPACK cannot be interrupted, so the work under way goes on in a thread of its own, and the memory of the matrix is given back when it is done.
    /// </param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    internal static Tensor SymmetricEigenvalues(Tensor matrix, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        if (!cancel.CanBeCanceled || matrix.size(0) < LongFrom) return linalg.eigvalsh(matrix, 'U');
        var found = new TaskCompletionSource<double[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        int threads = Runtime.Threads;
        Tensor shared = OwnReference(matrix);
        new Thread(() => Solve(shared, threads, found)) { IsBackground = true, Name = "eigenvalues" }.Start();
        Task.WaitAny([found.Task], cancel);
        return Tensor.From(found.Task.GetAwaiter().GetResult());
    }

    // The caller may have gone, and with it its scopes.
    private static Tensor OwnReference(Tensor matrix)
    {
        using var outside = new Outside();
        return matrix.Alias();
    }

    private static void Solve(Tensor matrix, int threads, TaskCompletionSource<double[]> found)
    {
        try
        {
            using (matrix)
            {
                Runtime.Threads = threads;                               // a setting of each thread
                using var scope = NewDisposeScope();
                found.SetResult(linalg.eigvalsh(matrix, 'U').ToArray<double>());
            }
        }
        catch (Exception error)
        {
            found.SetException(error);
        }
    }
}
