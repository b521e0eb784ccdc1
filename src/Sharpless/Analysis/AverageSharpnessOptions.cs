namespace Sharpless.Analysis;

/// <summary>How random perturbations of the weights are drawn.</summary>
public sealed record AverageSharpnessOptions
{
    /// <summary>
    /// Standard deviation σ of each weight's perturbation, times |w| if adaptive; 0 or more. The code published with arXiv:2305.16292 intends 0.1
    /// for ResNets and 0.02 for others. σ = ρ / sqrt(number of weights) gives perturbations of length ρ.
    /// </summary>
    public required double Sigma { get; init; }

    /// <summary>What is perturbed; its norm plays no part. Default: all weights.</summary>
    public Neighbourhood Neighbourhood { get; init; } = new();

    /// <summary>Random perturbations, 1 or more. Default 20.</summary>
    public int Draws { get; init; } = 20;

    /// <summary>Every problem with these options; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        if (!(Sigma >= 0 && float.IsFinite((float)Sigma))) yield return $"Sigma is {Sigma}; it must be 0 or more, and finite in float32.";
        if (Draws < 1) yield return $"Draws is {Draws}; it must be 1 or more.";
    }
}
