namespace Sharpless.Optimization;

/// <summary>Distribution of the noise on weights.</summary>
public enum NoiseDistribution
{
    /// <summary>Normal; the scale is the standard deviation.</summary>
    Gauss,
    /// <summary>Even; the scale is the width of the interval, which is centred.</summary>
    Uniform,
}

/// <summary>Random noise in the steps of an <see cref="Optimizer"/> (options of the published code of arXiv:2305.16292). All is 0 by default.</summary>
public sealed record NoiseOptions
{
    /// <summary>Standard deviation of the noise that is added to every entry of every gradient, that of the ascent too.</summary>
    public double GradientScale { get; init; }

    /// <summary>Scale of a in w' = m w + a: the gradients of a step are taken around w', then the descent starts from w.</summary>
    public double AdditiveScale { get; init; }

    /// <summary>Scale of m, around 1.</summary>
    public double MultiplicativeScale { get; init; }

    /// <summary>Distribution of a and m. Default normal.</summary>
    public NoiseDistribution Distribution { get; init; }

    /// <summary>Whether weights are disturbed.</summary>
    public bool MovesWeights => AdditiveScale != 0 || MultiplicativeScale != 0;

    internal IEnumerable<string> Problems()
    {
        if (!(GradientScale >= 0 && double.IsFinite(GradientScale))) yield return $"GradientScale is {GradientScale}; it must be finite and 0 or more.";
        if (!(AdditiveScale >= 0 && double.IsFinite(AdditiveScale))) yield return $"AdditiveScale is {AdditiveScale}; it must be finite and 0 or more.";
        if (!(MultiplicativeScale >= 0 && double.IsFinite(MultiplicativeScale))) yield return $"MultiplicativeScale is {MultiplicativeScale}; it must be finite and 0 or more.";
    }
}
