using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>
/// Bounds from below and above on the sums of the largest eigenvalues of the Gram matrix A of <see cref="CenteredPanels"/>, from orthonormal vectors
/// V [m, P] that nearly span their directions. However the vectors were found, the bounds hold, but for a chance of 2 * 5^-24, about 3e-17.
/// </summary>
/// <remarks>
/// <para>With H = Vᵀ A V, eigenvalues θ, the sum of the j largest θ is a bound from below for A's λ (Ky Fan 1949).</para>
/// <para>
/// From above: let R = A V - V H and c at least the largest eigenvalue of A on the complement of V. An eigenvalue λ_j of A above c is the j-th one
/// of H + Rᵀ (λ_j - C)^-1 R, which lies below H + RᵀR / (θ_k - c) for all j up to k where θ_k is above c; so the sum of the k largest λ exceeds that of
/// the θ by at most |R|_F^2 / (θ_k - c).
/// </para>
/// <para>
/// |R|_F and c are bounded by Gaussian vectors g: the largest of 24 lengths |R g|, times 5 sqrt(2 / π), is below |R|_F, or |C^q g| below c^q,
/// with probability at most 5^-24 (Halko, Martinsson and Tropp 2011, arXiv:0909.4061, lemma 4.1, whose worst case is a matrix of rank one).
/// </para>
/// </remarks>
internal sealed class RankCertificate
{
    private const int Probes = 24;

    // Eight powers take what the many small eigenvalues add to the length of an image down to its eighth root.
    private const int Powers = 8;

    private static readonly double Safety = 5 * Math.Sqrt(2 / Math.PI);


    private readonly double[] _inside;
    private readonly double _residual;
    private readonly double _outside;
    private readonly double _rounding;

    /// <summary>Measures the bounds: one pass over the features in float64, and <see cref="Powers"/> light ones in float32.</summary>
    /// <param name="panels">The features.</param>
    /// <param name="vectors">[m, P] Float64, orthonormal rows.</param>
    /// <param name="rounding">Share of the trace within which nothing is certain.</param>
    /// <param name="generator">Draws the probes.</param>
    internal RankCertificate(CenteredPanels panels, Tensor vectors, double rounding, Generator generator)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        long count = vectors.size(0);
        Tensor projection = zeros([count, count], ScalarType.Float64), probes = Orthogonal.Gaussian(Probes, count, generator);
        Tensor images = zeros([Probes, panels.Order], ScalarType.Float64);
        double trace = 0;
        panels.ForEach(panel =>
        {
            trace += CenteredPanels.Squares(panel);
            Tensor part = vectors.MatrixProduct(panel.transpose(0, 1));
            CenteredPanels.AddProduct(projection, part, part.transpose(0, 1));
            CenteredPanels.AddProduct(images, probes.MatrixProduct(part), panel);
        });
        Trace = trace;
        _rounding = rounding * trace;
        _inside = linalg.eigvalsh(projection).ToArray<double>();
        Array.Reverse(_inside);
        Tensor residuals = images - probes.MatrixProduct(projection).MatrixProduct(vectors);
        _residual = Safety * FeatureRows.Norms(residuals, 0).Max();

        Tensor outside = Orthogonal.Gaussian(Probes, panels.Order, generator);
        Orthogonal.Project(outside, vectors);
        for (int power = 0; power < Powers; power++)
        {
            outside = panels.ImageInFloat32(outside) / trace; // so that powers neither overflow nor vanish
            Orthogonal.Project(outside, vectors);
        }

        // Products in float32 may be off by some of its roundings.
        _outside = trace * (Math.Pow(Safety * FeatureRows.Norms(outside, 0).Max(), 1.0 / Powers) + 1e-6);
    }

    /// <summary>Sum of all eigenvalues.</summary>
    internal double Trace { get; }

    /// <summary>Eigenvalues of H, descending: bounds from below, one by one too.</summary>
    internal IReadOnlyList<double> Inside => _inside;

    /// <summary>Number of the largest eigenvalues that do not exceed a share of the trace together, and one; null where it is not certain.</summary>
    internal int? Rank(double share)
    {
        double target = share * Trace;
        int rank = CountOf(_inside, target);
        if (rank > _inside.Length) return null;
        double before = _inside.Take(rank - 1).Sum(), gap = rank == 1 ? double.PositiveInfinity : _inside[rank - 2] - _outside;
        bool isCertain = before + _inside[rank - 1] > target + _rounding && gap > 0 && before + (_residual * _residual / gap) < target - _rounding;
        return isCertain ? rank : null;
    }

    /// <summary>#{k: the k largest together do not exceed the target} + 1.</summary>
    /// <param name="values">Descending.</param>
    /// <param name="target">For their sum.</param>
    internal static int CountOf(double[] values, double target)
    {
        int count = 0;
        double sum = 0;
        while (count < values.Length && (sum += values[count]) <= target) count++;
        return count + 1;
    }
}
