namespace Sharpless.Data;

/// <summary>With which constants pixels are normalized.</summary>
public enum NormalizationChoice
{
    /// <summary>As in the published code of arXiv:2305.16292: CIFAR-100 with the constants of CIFAR-10, SVHN and grey sets not at all.</summary>
    Original,

    /// <summary>With mean and standard deviation of the set itself: the published ones, else those measured over all its training pixels.</summary>
    Dataset,
}
