namespace Sharpless.Experiments.TwoLayer;

/// <summary>A published result beside what the same data, teacher and student come to here.</summary>
/// <param name="Published">As stored.</param>
/// <param name="Here">Measured here at the same update, by the published definitions.</param>
/// <param name="Perturbed">The same from start weights that differ by a relative 1e-7, about the rounding of float32.</param>
public sealed record PublishedComparison(PublishedStudent Published, StudentMetrics Here, IReadOnlyList<StudentMetrics> Perturbed)
{
    /// <summary>Relative size of the perturbations.</summary>
    public const double PerturbationSize = 1e-7;

    /// <summary>Quantities outside their tolerance; see <see cref="PublishedStudent.Misses"/>.</summary>
    public IReadOnlyList<string> Misses => Published.Misses(Here);

    /// <summary>How many of the perturbed starts miss a tolerance with the published result: where many do, rounding decides the row.</summary>
    public int PerturbedMisses => Perturbed.Count(metrics => Published.Misses(metrics).Count > 0);
}
