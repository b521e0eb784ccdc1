namespace Sharpless.Analysis;

/// <summary>
/// How dense the activations at a tap are, and how many units say the same as others. The code published with arXiv:2305.16292 calls the
/// density "sparsity"; the formulas are its own.
/// </summary>
/// <param name="Density">Share of all activations that are above 0. Means little where the tap is not the output of a ReLU.</param>
/// <param name="DistinctDensity">Of the sampled units: positive activations of those that are left after <paramref name="CorrelatedUnits"/> are taken away, over all their activations. Equals <paramref name="Density"/> where the threshold is 1 or more.</param>
/// <param name="CorrelatedUnits">Sampled units that are dead, or correlated with a later one beyond the threshold (of a group of such, the last one is left). 0 where the threshold is 1 or more.</param>
/// <param name="DeadUnits">Those of them that are never above 0.</param>
/// <param name="SampledUnits">Units that the last three speak of.</param>
/// <param name="Units">P, the units at the tap.</param>
/// <param name="Examples">N.</param>
public sealed record ActivationDensity(double Density, double DistinctDensity, int CorrelatedUnits, int DeadUnits, int SampledUnits, long Units, long Examples)
{
    /// <summary>Density of features in memory or in a file.</summary>
    /// <param name="features">[N, P].</param>
    /// <param name="options">Threshold and sample.</param>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    public static ActivationDensity Of(FeatureMatrix features, ActivationDensityOptions options)
    {
        ArgumentNullException.ThrowIfNull(features);
        using var accumulator = new ActivationDensityAccumulator(features.Dimensions, options);
        long block = Math.Clamp(FeatureSpectrum.PanelBytes / (8 * features.Dimensions), 1, 8192);
        for (long row = 0; row < features.Examples; row += block)
        {
            using Tensor rows = features.ReadRows(row, Math.Min(block, features.Examples - row));
            accumulator.Add(rows);
        }

        return accumulator.Finish();
    }
}
