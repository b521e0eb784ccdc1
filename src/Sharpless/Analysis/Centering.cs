namespace Sharpless.Analysis;

/// <summary>What is subtracted from a feature matrix [N, P] before its singular values are taken.</summary>
public enum Centering
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>
    /// From every row its mean over the P features: what the code published with arXiv:2305.16292 does. It removes only the all-ones direction
    /// of feature space, so the mean feature vector stays in the spectrum as one large singular value.
    /// </summary>
    Example,

    /// <summary>From every column its mean over the N examples: principal component analysis as textbooks have it.</summary>
    Feature,
}
