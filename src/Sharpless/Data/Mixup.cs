namespace Sharpless.Data;

/// <summary>
/// Mixup (arXiv:1710.09412): each example of a batch becomes lambda * itself + (1 - lambda) * another one, with one lambda ~ Beta(alpha, alpha)
/// and one permutation for the batch; the loss is mixed likewise.
/// </summary>
/// <param name="Alpha">Parameter of the Beta distribution, above 0.</param>
/// <remarks>The draws are a pure function of (seed, step).</remarks>
public sealed record Mixup(double Alpha)
{
    // Sets these draws apart from all others of the same seed.
    private const ulong Stream = 5;

    /// <summary>The draw of a step.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Step of the run, 0 or more.</param>
    /// <param name="count">Examples in the batch.</param>
    /// <returns>Weight of the example itself, from 0 to 1, and the place of the other one.</returns>
    public (double Lambda, int[] Partner) DrawFor(ulong seed, long step, int count)
    {
        uint number = 0;
        double first = LogGamma(), second = LogGamma();
        // X / (X + Y) of two Gamma numbers is Beta; by logarithms, as both underflow where alpha is small.
        double lambda = 1 / (1 + Math.Exp(second - first));
        return (lambda, Philox.Permutation(count, seed, Stream << 40 | (ulong)step));

        double Uniform()
        {
            (uint x0, uint x1, _, _) = Philox.Block(seed, Stream << 32, (ulong)step << 20 | number++);
            return ((((ulong)x0 << 32 | x1) >> 11) + 0.5) / (1UL << 53);
        }

        // Marsaglia, Tsang: "A simple method for generating gamma variables" (2000); for alpha below 1 that of alpha + 1 times U^(1/alpha).
        double LogGamma()
        {
            double boost = Alpha < 1 ? Math.Log(Uniform()) / Alpha : 0, d = (Alpha < 1 ? Alpha + 1 : Alpha) - 1.0 / 3, c = 1 / Math.Sqrt(9 * d);
            while (true)
            {
                double x = Math.Sqrt(-2 * Math.Log(Uniform())) * Math.Cos(2 * Math.PI * Uniform()), v = Math.Pow(1 + c * x, 3);
                if (v > 0 && Math.Log(Uniform()) < 0.5 * x * x + d - d * v + d * Math.Log(v)) return Math.Log(d * v) + boost;
            }
        }
    }
}
