namespace Sharpless.Analysis;

/// <summary>An eigenvalue of the Hessian as iteration found it.</summary>
/// <param name="Value">λ.</param>
/// <param name="Residual">|H v - λ v| for its unit vector v: an eigenvalue of H lies within this distance of λ.</param>
public readonly record struct HessianEigenvalue(double Value, double Residual);

/// <summary>Ends of the spectrum of the Hessian.</summary>
/// <param name="Largest">The largest eigenvalues, descending: as many as were asked for, or all that the Hessian has.</param>
/// <param name="Smallest">The smallest, negative where the loss curves down somewhere. A by-product: its residual may be larger.</param>
/// <param name="Iterations">Products with the Hessian that it took.</param>
/// <param name="HasConverged">Whether the residuals of <paramref name="Largest"/> fell below the tolerance.</param>
public sealed record HessianSpectrum(IReadOnlyList<HessianEigenvalue> Largest, HessianEigenvalue Smallest, int Iterations, bool HasConverged);
