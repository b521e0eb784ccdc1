namespace Sharpless.Analysis;

/// <summary>Which eigenvalues of the Hessian are looked for, and how hard.</summary>
public sealed record HessianOptions
{
    /// <summary>How many of the largest eigenvalues, 1 or more. Default 1.</summary>
    public int Eigenvalues { get; init; } = 1;

    /// <summary>Largest number of products with the Hessian; each leaves a vector of all weights in memory (4 bytes a weight). Default 40.</summary>
    public int MaximumIterations { get; init; } = 40;

    /// <summary>Iteration ends when each residual |H v - λ v| is below this share of the largest |λ|. Default 1e-3, which bounds the error of λ.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>Only the block of parameters whose name contains one of these texts; empty for the whole Hessian.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>Every problem with these options; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        if (Eigenvalues < 1) yield return $"Eigenvalues is {Eigenvalues}; it must be 1 or more.";
        if (MaximumIterations < Eigenvalues) yield return $"MaximumIterations is {MaximumIterations}; it must be at least the number of eigenvalues, {Eigenvalues}.";
        if (!(Tolerance > 0 && Tolerance < 1)) yield return $"Tolerance is {Tolerance}; it must be above 0 and below 1.";
    }
}
