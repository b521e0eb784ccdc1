using Sharpless.Analysis;
using Sharpless.Pretrained;
using Sharpless.Torch;

namespace Sharpless.Contrastive;

/// <summary>How active the hidden units of a block are over pictures: the quantities of the published evaluation, which takes the class token.</summary>
/// <param name="Layer">Number of the block, from 1.</param>
/// <param name="Threshold">Above it an activation is active.</param>
/// <param name="ActiveHidden">Share of the hidden activations (after GELU) that are active.</param>
/// <param name="ActiveOutput">Share of the MLP's outputs that are above the same threshold.</param>
/// <param name="UnitsActiveOn">Share of the hidden units that are active on more than a share of the pictures, by that share: 0.1, 0.01, 0.</param>
/// <param name="CorrelatedUnits">Hidden units that are left out because another one says the same (correlation above 0.95).</param>
public sealed record ImageActivity(int Layer, double Threshold, double ActiveHidden, double ActiveOutput, IReadOnlyDictionary<double, double> UnitsActiveOn, int CorrelatedUnits)
{
    /// <summary>Share of the largest hidden activation that is the published threshold. It depends on the data's largest number.</summary>
    public const double ShareOfLargest = 0.1;

    /// <summary>Correlation above which two units say the same.</summary>
    public const double Correlation = 0.95;


    private static readonly double[] Shares = [0.1, 0.01, 0];

    /// <summary>Measures a block.</summary>
    /// <param name="layer">Its number, from 1.</param>
    /// <param name="hidden">[N, M], the tap <see cref="LayerTaps.Activation"/>.</param>
    /// <param name="output">[N, D], the tap <see cref="LayerTaps.Mlp"/>.</param>
    /// <param name="threshold">Activations above it are active; null for <see cref="ShareOfLargest"/> of the largest.</param>
    public static ImageActivity Of(int layer, FeatureMatrix hidden, FeatureMatrix output, double? threshold)
    {
        ArgumentNullException.ThrowIfNull(hidden);
        ArgumentNullException.ThrowIfNull(output);
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor units = hidden.ReadRows(0, hidden.Examples);
        double tau = threshold ?? (ShareOfLargest * units.flatten().amax([0]).Item());
        long[] pictures = units.gt(tau).sum(dim: 0).ToArray<long>();
        double active = output.ReadRows(0, output.Examples).gt(tau).sum().Item();
        // Decimal numbers, because 0.01 n is not whole in binary where it should be.
        return new ImageActivity(
            layer, tau, pictures.Sum() / ((double)hidden.Examples * hidden.Dimensions), active / ((double)output.Examples * output.Dimensions),
            Shares.ToDictionary(share => share, share => pictures.Count(count => count > (decimal)share * hidden.Examples) / (double)pictures.Length),
            Analysis.CorrelatedUnits.Count(hidden, Correlation));
    }
}
