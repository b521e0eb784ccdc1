using Sharpless.Weights;

namespace Sharpless.Analysis;

/// <summary>
/// What rounding makes of an ascent. The model does not compute with w and w + ε but with both rounded to the type of the point, so
/// the weights it sees move by d = cast(w + ε) - cast(w) instead of ε. In bfloat16 (8 significant bits) most entries of a small ε lie
/// below half a unit in the last place of their weight.
/// </summary>
/// <param name="MovedShare">Share of the entries with ε ≠ 0 whose weight moves at all, 0 to 1.</param>
/// <param name="LengthRatio">|d| / |ε|; 1 where nothing is rounded.</param>
/// <param name="Cosine">Cosine of the angle between d and ε; 1 where nothing is rounded, 0 where d is 0.</param>
/// <remarks>
/// <see cref="Projection"/> says how much of the ascent is left, <see cref="NoiseRatio"/> how much rounding adds beside it:
/// |d|² = (Projection² + NoiseRatio²) |ε|².
/// </remarks>
public sealed record AscentRounding(double MovedShare, double LengthRatio, double Cosine)
{
    /// <summary>Length of d along ε, over |ε|: 1 where the ascent arrives in full.</summary>
    public double Projection => LengthRatio * Cosine;

    /// <summary>Length of d across ε, over |ε|: 0 where nothing is rounded.</summary>
    public double NoiseRatio => LengthRatio * Math.Sqrt(Math.Max(0, 1 - (Cosine * Cosine)));

    /// <summary>Measures the ascent by a perturbation from the master weights.</summary>
    /// <param name="weights">The point stands at w afterwards.</param>
    /// <param name="perturbation">ε, not 0 everywhere. Borrowed.</param>
    /// <exception cref="ArgumentException">The perturbation is 0 or not finite.</exception>
    public static AscentRounding Of(WeightSpace weights, WeightVector perturbation)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(perturbation);
        double length = perturbation.Norm();
        if (!(length > 0 && double.IsFinite(length)))
            throw new ArgumentException($"The perturbation has length {length}; it must be finite and above 0.", nameof(perturbation));
        weights.ReturnToMaster();
        WeightVector start = weights.Point();
        try
        {
            weights.MovePoint(perturbation);
            WeightVector moved = weights.Point() - start;
            double distance = moved.Norm();
            double cosine = distance == 0 ? 0 : moved.Dot(perturbation) / (distance * length);
            return new AscentRounding((double)moved.NonZeros() / perturbation.NonZeros(), distance / length, cosine);
        }
        finally
        {
            weights.ReturnToMaster();
        }
    }
}
