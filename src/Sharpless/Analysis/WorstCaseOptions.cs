namespace Sharpless.Analysis;

/// <summary>How the worst perturbation of the weights is looked for: projected gradient ascent from one or more starts.</summary>
/// <remarks>
/// One step from the middle (the defaults) is the "fast" sharpness of the code published with arXiv:2305.16292, with the faults of that code
/// mended: the step has the size of the radius (there 1, so that no radius above 1 was reached), the restart of largest loss counts (there
/// of largest error, from 0), and a random start is added once (there twice).
/// </remarks>
public sealed record WorstCaseOptions
{
    /// <summary>Radius ρ: the largest norm of the perturbation. Default 0.05.</summary>
    public double Rho { get; init; } = 0.05;

    /// <summary>What is perturbed, and how its size is measured.</summary>
    public Neighbourhood Neighbourhood { get; init; } = new();

    /// <summary>Steps of each ascent, 1 or more. Default 1.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>
    /// Size of the first step in the norm of the neighbourhood; null for ρ, with <see cref="StepSchedule.Automatic"/> for 2 ρ.
    /// Without <see cref="NormalizesSteps"/>, the factor of the gradient.
    /// </summary>
    public double? StepSize { get; init; }

    /// <summary>Size of the later steps. Default automatic.</summary>
    public StepSchedule Schedule { get; init; } = StepSchedule.Automatic;

    /// <summary>
    /// Whether a step has its size whatever the size of the gradient. Default yes; <see cref="StepSchedule.Automatic"/> knows no other.
    /// </summary>
    public bool NormalizesSteps { get; init; } = true;

    /// <summary>Ascents, 1 or more; the largest loss of all counts. More than one needs <see cref="StartsAtRandom"/> or <see cref="IsTargeted"/> to differ. Default 1.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>Whether an ascent starts at a random perturbation (on the sphere for L2, in the cube for L∞) instead of at w. Default no.</summary>
    public bool StartsAtRandom { get; init; }

    /// <summary>Whether the ascent goes towards wrong labels, drawn anew for each restart, instead of away from the right ones. Default no.</summary>
    public bool IsTargeted { get; init; }

    /// <summary>Every problem with these options; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        if (!(Rho >= 0 && float.IsFinite((float)Rho))) yield return $"Rho is {Rho}; it must be 0 or more, and finite in float32.";
        if (Steps < 1) yield return $"Steps is {Steps}; it must be 1 or more.";
        if (Restarts < 1) yield return $"Restarts is {Restarts}; it must be 1 or more.";
        if (StepSize is { } size && !(size > 0 && float.IsFinite((float)size))) yield return $"StepSize is {size}; it must be above 0, and finite in float32.";
        if (Restarts > 1 && !StartsAtRandom && !IsTargeted) yield return $"Restarts is {Restarts}, but every ascent would be the same; let them start at random.";
        if (Schedule == StepSchedule.Automatic && !NormalizesSteps)
            yield return "NormalizesSteps is false, but automatic steps have sizes of their own; take Schedule constant or halving.";
    }

    /// <summary>Size of a step; of the first one where the schedule is automatic.</summary>
    /// <param name="step">From 0 to <see cref="Steps"/> - 1.</param>
    public double SizeOf(int step)
    {
        double first = StepSize ?? (Schedule == StepSchedule.Automatic ? 2 * Rho : Rho);
        double done = (double)step / Steps;
        return Schedule switch
        {
            StepSchedule.Constant or StepSchedule.Automatic => first,
            StepSchedule.Halving => done <= 0.25 ? first : done <= 0.5 ? first / 2 : done <= 0.75 ? first / 4 : first / 8,
            _ => throw new InvalidOperationException($"Unknown schedule {Schedule}."),
        };
    }
}
