namespace Sharpless.Optimization;

/// <summary>How SAM perturbs the weights before each update (arXiv:2010.01412).</summary>
public sealed record SamOptions
{
    /// <summary>Radius ρ: L2 norm of the perturbation over all parameters together. 0 gives the base optimizer. Default 0.05.</summary>
    public double Rho { get; init; } = 0.05;

    /// <summary>In which pass batch norm moves its running statistics. Default: at w only.</summary>
    public StatisticsPass Statistics { get; init; } = StatisticsPass.First;

    internal IEnumerable<string> Problems()
    {
        if (!(Rho >= 0 && double.IsFinite(Rho))) yield return $"Rho is {Rho}; it must be finite and 0 or more.";
    }
}
