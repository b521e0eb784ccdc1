namespace Sharpless.Data;

/// <summary>In which order the training examples go through an epoch.</summary>
public enum BatchOrder
{
    /// <summary>A new permutation for each epoch, a pure function of seed and epoch.</summary>
    Random,

    /// <summary>As they lie, each epoch from the first example on.</summary>
    Sequential,
}
