using System.Globalization;
using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>What every analysis does first with a batch of features.</summary>
internal static class FeatureRows
{

    /// <summary>The features as a matrix: all dimensions after the first become one.</summary>
    /// <exception cref="ArgumentException">Fewer than two dimensions.</exception>
    internal static Tensor AsMatrix(Tensor features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Dimensions < 2)
            throw new ArgumentException($"Features are a matrix with one row per example, [N, P] or more dimensions; given is {features.Text}.", nameof(features));
        return features.Dimensions == 2 ? features.Alias() : features.flatten(1);
    }

    /// <summary>L2 norm of each row of a Float64 matrix, which also tells whether the row can be worked with.</summary>
    /// <param name="rows">[N, P] Float64.</param>
    /// <param name="firstRow">Number of the first row, for the message.</param>
    /// <exception cref="InvalidDataException">A row is not finite, or too large to be squared; the first such row is named.</exception>
    internal static double[] Norms(Tensor rows, long firstRow)
    {
        using Tensor norms = (rows * rows).sum(dim: 1).sqrt();
        double[] values = norms.ToArray<double>();
        int bad = Array.FindIndex(values, norm => !double.IsFinite(norm));
        if (bad < 0) return values;

        using Tensor row = rows.select(0, bad);
        double[] elements = row.ToArray<double>();
        int column = Array.FindIndex(elements, element => !double.IsFinite(element));
        throw new InvalidDataException(column >= 0
            ? string.Create(CultureInfo.InvariantCulture, $"Row {firstRow + bad} of the features (counted from 0) is not finite: {elements[column]} in column {column}. Every feature must be a finite number.")
            : string.Create(CultureInfo.InvariantCulture, $"Row {firstRow + bad} of the features (counted from 0) is too large: its squares overflow float64. Divide the features by a constant; rank and neighbours do not depend on it."));
    }
}
