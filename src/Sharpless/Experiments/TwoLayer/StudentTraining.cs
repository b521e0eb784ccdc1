namespace Sharpless.Experiments.TwoLayer;

/// <summary>How one student is trained.</summary>
internal sealed record StudentTraining
{
    /// <summary>Of plain SGD.</summary>
    internal required double LearningRate { get; init; }

    /// <summary>Updates.</summary>
    internal required int Iterations { get; init; }

    /// <summary>ρ of SAM; 0 for none.</summary>
    internal double Rho { get; init; }

    /// <summary>λ of the gradient-norm penalty; 0 for none. Not together with <see cref="Rho"/>.</summary>
    internal double GradientPenalty { get; init; }

    /// <summary>Strength of the penalty on the mean of φ(h)² over all training points and units; 0 for none.</summary>
    internal double ActivationPenalty { get; init; }

    /// <summary>Standard deviation of the noise that every step adds to its label; 0 for none.</summary>
    internal double LabelNoise { get; init; }

    /// <summary>Updates over which the learning rate rises; 0 for none.</summary>
    internal int WarmupIterations { get; init; }

    /// <summary>What the learning rate is multiplied by at the end of the warm-up, and from there on.</summary>
    internal double WarmupFactor { get; init; } = 1;

    /// <summary>Key of the label noise.</summary>
    internal int Seed { get; init; }

    /// <summary>Whether the published faults are kept.</summary>
    internal bool AsPublished { get; init; }

    /// <summary>Whether SAM, penalties and label noise act at update i: in the first half. The published bound is inclusive, so that 9,977 of 19,953 updates are SAM's.</summary>
    internal bool IsRegularized(int iteration) => iteration <= 0.5 * Iterations;

    /// <summary>Learning rate at update i.</summary>
    internal double LearningRateAt(int iteration)
    {
        if (WarmupIterations == 0) return LearningRate;
        // The published warm-up divides by all updates, so that it stops short of its factor.
        double share = Math.Min(iteration, WarmupIterations) / (double)(AsPublished ? Iterations : WarmupIterations);
        return LearningRate * (1 + (WarmupFactor - 1) * share);
    }
}
