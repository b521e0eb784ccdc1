using Sharpless.Torch;
using static Sharpless.Analysis.HessianVectors;

namespace Sharpless.Analysis;

/// <summary>Largest eigenvalues of the Hessian of the loss: the sharpness of the sharpest directions.</summary>
/// <remarks>
/// Lanczos iteration (1950) with full reorthogonalization, so that no eigenvalue appears twice by rounding. Where the vectors seen so far
/// span an invariant subspace, it goes on with a new random one, so that repeated eigenvalues are found too.
/// </remarks>
public static class HessianEigenvalues
{

    // A next vector this much shorter than the largest eigenvalue is rounding: products are exact to about 1e-6 in float32.
    private const double Breakdown = 1e-6;

    /// <summary>Eigenvalues at the weights of a surface.</summary>
    /// <param name="surface">All its examples at once, with weights in Float32. Products with its Hessian are exact but for float32 rounding (about 1e-6 of the largest eigenvalue).</param>
    /// <param name="options">How many, how exact.</param>
    /// <param name="generator">Draws the first vector.</param>
    /// <param name="progress">Told the done share, 0 to 1.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the weights are not Float32.</exception>
    /// <exception cref="FailureException">The Hessian is not finite.</exception>
    public static HessianSpectrum Of(LossSurface surface, HessianOptions options, Generator generator, IProgress<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(surface);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(generator);
        if (options.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(options));
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        surface.Weights.ReturnToMaster();
        using var hessian = new Hessian(surface, options.Parameters);

        // H Q = Q T + (what sticks out of the last column), where T is tridiagonal with these entries.
        List<Tensor[]> basis = [];
        List<double> diagonal = [], beside = [];
        HessianSpectrum spectrum = new([], default, 0, true);
        Tensor[]? next = NewDirection(hessian, basis, generator);
        while (next is not null && basis.Count < options.MaximumIterations)
        {
            using var step = NewDisposeScope();
            basis.Add(next);
            Tensor[] product = hessian.Times(next);
            diagonal.Add(Dot(product, next));
            Orthogonalize(product, basis);
            double length = Norm(product);
            if (!double.IsFinite(length)) throw new FailureException("The Hessian is not finite.", "The run may have diverged; look at one that has not.");
            spectrum = Ritz(diagonal, beside, length, options);
            progress?.Report((double)basis.Count / options.MaximumIterations);
            if (spectrum.HasConverged) break;

            bool isInvariant = length <= Breakdown * Math.Max(Math.Abs(spectrum.Largest[0].Value), Math.Abs(spectrum.Smallest.Value));
            beside.Add(isInvariant ? 0 : length);
            next = isInvariant ? NewDirection(hessian, basis, generator) : Scaled(product, 1 / length);
            if (next is not null) Keep(next, step);
            else spectrum = spectrum with { HasConverged = true }; // the whole space was seen
        }

        return spectrum;
    }

    // Eigenvalues of T; the residual of each is the length that sticks out times the last entry of its eigenvector.
    private static HessianSpectrum Ritz(List<double> diagonal, List<double> beside, double length, HessianOptions options)
    {
        int order = diagonal.Count;
        var entries = new double[order * order];
        for (int i = 0; i < order; i++)
        {
            entries[(i * order) + i] = diagonal[i];
            if (i > 0) entries[(i * order) + i - 1] = entries[((i - 1) * order) + i] = beside[i - 1];
        }

        using var scope = NewDisposeScope();
        (Tensor values, Tensor vectors) = linalg.eigh(Tensor.From(entries, order, order));
        double[] ritz = values.ToArray<double>(), lastRow = vectors.select(0, order - 1).ToArray<double>();
        HessianEigenvalue[] ascending = [.. ritz.Zip(lastRow, (value, entry) => new HessianEigenvalue(value, length * Math.Abs(entry)))];
        HessianEigenvalue[] largest = [.. ascending.Reverse().Take(options.Eigenvalues)];
        double scale = ritz.Max(Math.Abs);
        bool hasConverged = largest.Length == options.Eigenvalues && largest.All(eigenvalue => eigenvalue.Residual <= options.Tolerance * scale);
        return new HessianSpectrum(largest, ascending[0], order, hasConverged);
    }

    // A random unit vector orthogonal to those that were seen; null where they span all there is.
    private static Tensor[]? NewDirection(Hessian hessian, List<Tensor[]> basis, Generator generator)
    {
        using var scope = NewDisposeScope();
        Tensor[] drawn = hessian.Draw(values => values.normal_(0, 1, generator));
        double before = Norm(drawn);
        Orthogonalize(drawn, basis);
        double after = Norm(drawn);
        if (!(after > 1e-4 * before)) return null;
        Tensor[] unit = Scaled(drawn, 1 / after);
        Keep(unit, scope);
        return unit;
    }

    private static void Keep(Tensor[] vector, DisposeScope scope)
    {
        foreach (Tensor part in vector) scope.MoveToOuter(part);
    }

    // Twice: once leaves what rounding lost in the first subtraction.
    private static void Orthogonalize(Tensor[] vector, List<Tensor[]> basis)
    {
        for (int pass = 0; pass < 2; pass++)
        {
            foreach (Tensor[] unit in basis) Add(vector, unit, -Dot(vector, unit));
        }
    }
}
