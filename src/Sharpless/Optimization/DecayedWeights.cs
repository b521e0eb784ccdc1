namespace Sharpless.Optimization;

/// <summary>Which weights weight decay acts on.</summary>
public enum DecayedWeights
{
    /// <summary>All, normalization and biases too, as published.</summary>
    All,
    /// <summary>Those of convolutions and matrix products alone.</summary>
    Matrices,
}
