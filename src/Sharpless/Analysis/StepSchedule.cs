namespace Sharpless.Analysis;

/// <summary>Size of the steps of an ascent over its course.</summary>
public enum StepSchedule
{
    /// <summary>All steps have the same size a.</summary>
    Constant,

    /// <summary>a in the first quarter of the steps, then a/2, a/4, a/8: the schedule of the code published with arXiv:2305.16292.</summary>
    Halving,

    /// <summary>
    /// Auto-PGD (arXiv:2003.01690, Algorithm 1): steps with momentum; where too few of them raised the loss, the ascent goes back to
    /// its best point and halves a.
    /// </summary>
    Automatic,
}
