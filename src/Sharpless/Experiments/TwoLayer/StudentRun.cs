namespace Sharpless.Experiments.TwoLayer;

/// <summary>One trained student.</summary>
/// <param name="Experiment">Name of the experiment.</param>
/// <param name="Value">ρ or λ.</param>
/// <param name="Seed">Of data, teacher and student.</param>
/// <param name="Evaluations">What was measured over training. They end early where the training loss was not finite.</param>
/// <param name="Patterns">Which units were on at which points, over training; empty for all seeds but the first.</param>
public sealed record StudentRun(string Experiment, double Value, int Seed, IReadOnlyList<StudentMetrics> Evaluations, IReadOnlyList<ActivationPattern> Patterns)
{
    /// <summary>The last evaluation.</summary>
    public StudentMetrics Final => Evaluations[^1];
}
