namespace Sharpless.Analysis;

/// <summary>Takes away units that say the same as others: one by one from the first, those that are correlated with a unit that is still there.</summary>
internal static class CorrelatedUnits
{
    /// <param name="covariance">[P, P] row-major, as <see cref="SpectrumAccumulator.CenteredGram"/> gives it: 0 where a unit does not vary.</param>
    /// <param name="threshold">Of the absolute correlation.</param>
    /// <param name="isLeft">[P]: the units that are there; false on return where one was taken away.</param>
    internal static void Remove(double[] covariance, double threshold, bool[] isLeft)
    {
        int units = isLeft.Length;
        for (int i = 0; i < units; i++)
        {
            for (int j = 0; j < units && isLeft[i]; j++)
            {
                // A unit that does not vary has no correlation, here as there (0 / 0 is above no threshold).
                double correlation = covariance[(i * units) + j] / Math.Sqrt(covariance[(i * units) + i] * covariance[(j * units) + j]);
                if (j != i && isLeft[j] && Math.Abs(correlation) > threshold) isLeft[i] = false;
            }
        }
    }

    /// <summary>How many units of some features are taken away.</summary>
    /// <param name="features">[N, P].</param>
    /// <param name="threshold">Of the absolute correlation.</param>
    internal static int Count(FeatureMatrix features, double threshold)
    {
        using var covariance = new SpectrumAccumulator(features.Dimensions, Centering.Feature);
        covariance.Add(features.ReadRows(0, features.Examples));
        bool[] isLeft = new bool[features.Dimensions];
        Array.Fill(isLeft, true);
        Remove(covariance.CenteredGram(), threshold, isLeft);
        return isLeft.Count(left => !left);
    }
}
