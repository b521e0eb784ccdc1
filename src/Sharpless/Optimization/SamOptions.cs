namespace Sharpless.Optimization;

/// <summary>How SAM perturbs the weights before each update (arXiv:2010.01412).</summary>
public sealed record SamOptions
{
    /// <summary>Radius ρ: L2 norm of the perturbation over all parameters together. 0 gives the base optimizer. Default 0.05.</summary>
    public double Rho { get; init; } = 0.05;

    /// <summary>In which pass batch norm moves its running statistics. Default: at w only.</summary>
    public StatisticsPass Statistics { get; init; } = StatisticsPass.First;

    /// <summary>Ascent steps before the descent, each from where the last one ended. Default 1.</summary>
    public int Iterations { get; init; } = 1;

    /// <summary>Length of an ascent step in multiples of ρ; the perturbation never leaves the ball of radius ρ. Default 1.</summary>
    public double StepMultiple { get; init; } = 1;

    /// <summary>Whether the ascent divides the gradient by its norm. Without, it is unnormalized SAM, USAM (arXiv:2206.06232, section 2). Default yes.</summary>
    public bool NormalizesGradient { get; init; } = true;

    /// <summary>
    /// Whether the perturbation of USAM is projected onto the ball of radius ρ, as published with arXiv:2305.16292; it then is SAM's wherever |g| is 1 or more.
    /// Default yes.
    /// </summary>
    public bool ProjectsUnnormalized { get; init; } = true;

    /// <summary>Whether the descent keeps the direction of the gradient at w, and takes only its length from w + ε. Default no.</summary>
    public bool KeepsDirection { get; init; }

    internal IEnumerable<string> Problems()
    {
        if (!(Rho >= 0 && double.IsFinite(Rho))) yield return $"Rho is {Rho}; it must be finite and 0 or more.";
        if (Iterations < 1) yield return $"Iterations is {Iterations}; it must be 1 or more.";
        if (!(StepMultiple > 0 && double.IsFinite(StepMultiple))) yield return $"StepMultiple is {StepMultiple}; it must be finite and above 0.";
    }
}
