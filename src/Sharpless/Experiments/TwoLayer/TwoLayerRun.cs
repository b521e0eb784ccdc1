namespace Sharpless.Experiments.TwoLayer;

/// <summary>All students of a run.</summary>
/// <param name="Options">What was asked for.</param>
/// <param name="Students">By experiment, value and seed.</param>
/// <param name="Comparisons">Published results beside ours; empty where the options are not the published ones or the published seed is not among the seeds.</param>
/// <param name="Mechanism">What SAM's steps did to the pre-activations of the ReLU students, in float64; empty without that figure and with an activation penalty.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record TwoLayerRun(TwoLayerOptions Options, IReadOnlyList<StudentRun> Students, IReadOnlyList<PublishedComparison> Comparisons, IReadOnlyList<MechanismRun> Mechanism, double Seconds)
{
    /// <summary>Students of one experiment at one value, by seed.</summary>
    public IReadOnlyList<StudentRun> Of(TwoLayerExperiment experiment, double value)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        return [.. Students.Where(student => student.Experiment == experiment.Name && student.Value == value)];
    }
}

/// <summary>How far a run is.</summary>
/// <param name="Done">Students that are trained.</param>
/// <param name="Total">Students of the whole run, those of perturbed starts and of the mechanism included.</param>
public sealed record TwoLayerProgress(int Done, int Total);
