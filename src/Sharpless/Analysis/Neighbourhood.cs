namespace Sharpless.Analysis;

/// <summary>Which perturbations of the weights sharpness looks at: w + c ⊙ u, with the norm of u bounded.</summary>
public sealed record Neighbourhood
{
    /// <summary>Norm of u. Default L2.</summary>
    public PerturbationNorm Norm { get; init; } = PerturbationNorm.L2;

    /// <summary>
    /// Whether c = |w| element by element (adaptive sharpness, arXiv:2102.11600 and arXiv:2302.07011, which does not change when layers are
    /// rescaled against each other), instead of c = 1. Default no.
    /// </summary>
    public bool IsAdaptive { get; init; }

    /// <summary>Only parameters whose name contains one of these texts are perturbed; empty for all.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];
}
