namespace Sharpless.Analysis;

/// <summary>Norm that bounds a perturbation of the weights, over all perturbed weights together.</summary>
public enum PerturbationNorm
{
    /// <summary>Square root of the sum of squares, as SAM has it.</summary>
    L2,

    /// <summary>Largest absolute value: every weight moves by at most ρ.</summary>
    LInfinity,
}
