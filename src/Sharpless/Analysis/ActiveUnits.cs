using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>How many units at a tap are active, and on how many examples: the counts of the stand-alone script of arXiv:2305.16292.</summary>
/// <param name="Threshold">Above it an activation is active: 5 % of the largest activation of all examples and units.</param>
/// <param name="Density">Share of all activations that are active, 0 to 1.</param>
/// <param name="Counts">
/// Units that are active on more than a share of the examples, by that share: 0 (active at all), 0.01, 0.05, 0.1.
/// </param>
/// <param name="Units">P, the units at the tap.</param>
/// <param name="Examples">N.</param>
public sealed record ActiveUnits(double Threshold, double Density, IReadOnlyDictionary<double, int> Counts, long Units, long Examples)
{
    /// <summary>Share of the largest activation that makes an activation active.</summary>
    public const double ShareOfLargest = 0.05;


    /// <summary>Shares of the examples for which units are counted.</summary>
    public static IReadOnlyList<double> Shares { get; } = [0, 0.01, 0.05, 0.1];

    /// <summary>Counts active units, in two passes over the features: one for the largest activation, one for the counts.</summary>
    /// <param name="features">[N, P].</param>
    /// <param name="cancel">Stops at the next block of features.</param>
    /// <exception cref="ArgumentException">No rows or no columns.</exception>
    /// <exception cref="InvalidDataException">An activation is not finite.</exception>
    public static ActiveUnits Of(FeatureMatrix features, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Examples == 0 || features.Dimensions == 0)
            throw new ArgumentException($"The features are [{features.Examples}, {features.Dimensions}]; active units need at least one example and one unit.", nameof(features));
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        double largest = double.NegativeInfinity;
        ForEachBlock(features, (rows, row) =>
        {
            double here = rows.max().Item();
            if (!double.IsFinite(here)) FeatureRows.Norms(rows.To(ScalarType.Float64), row); // throws and names the row
            largest = Math.Max(largest, here);
        }, cancel);

        double threshold = ShareOfLargest * largest;
        var examplesOf = new long[features.Dimensions];
        double active = 0;
        ForEachBlock(features, (rows, _) =>
        {
            // Compared in the type of the features: in float32 as published.
            long[] counts = rows.gt(threshold).sum(dim: 0).ToArray<long>();
            for (int i = 0; i < counts.Length; i++) examplesOf[i] += counts[i];
            active += counts.Sum();
        }, cancel);
        // Decimal numbers, because 0.05 n is not whole in binary where it should be.
        return new ActiveUnits(
            threshold, active / ((double)features.Examples * features.Dimensions), Shares.ToDictionary(share => share, share => examplesOf.Count(count => count > (decimal)share * features.Examples)),
            features.Dimensions, features.Examples);
    }

    private static void ForEachBlock(FeatureMatrix features, Action<Tensor, long> look, CancellationToken cancel)
    {
        long block = Math.Clamp(FeatureSpectrum.PanelBytes / (8 * features.Dimensions), 1, 8192);
        for (long row = 0; row < features.Examples; row += block)
        {
            cancel.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            look(features.ReadRows(row, Math.Min(block, features.Examples - row)), row);
        }
    }
}
