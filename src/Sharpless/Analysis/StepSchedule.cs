namespace Sharpless.Analysis;

/// <summary>Size of the steps of an ascent over its course.</summary>
public enum StepSchedule
{
    /// <summary>All steps have the same size a.</summary>
    Constant,

    /// <summary>a in the first quarter of the steps, then a/2, a/4, a/8: the schedule of the code published with arXiv:2305.16292.</summary>
    Halving,
}
