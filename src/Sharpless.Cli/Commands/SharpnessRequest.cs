using Sharpless.Analysis;

namespace Sharpless.Cli.Commands;

/// <summary>What one call of <c>sharpless sharpness</c> is to measure.</summary>
internal sealed record SharpnessRequest
{
    /// <summary>The run's folder.</summary>
    internal required string Run { get; init; }

    /// <summary>What is measured, by name.</summary>
    internal required IReadOnlyList<string> Measures { get; init; }

    /// <summary>Whether it measures on test examples instead of training examples.</summary>
    internal required bool UsesTestSet { get; init; }

    internal required int Examples { get; init; }

    /// <summary>Examples that share a worst-case perturbation.</summary>
    internal required int GroupSize { get; init; }

    internal required Neighbourhood Neighbourhood { get; init; }

    /// <summary>One for each radius; empty where it is not asked for.</summary>
    internal required IReadOnlyList<WorstCaseOptions> WorstCases { get; init; }

    internal required bool MeasuresAverage { get; init; }

    internal required IReadOnlyList<double> Rhos { get; init; }

    /// <summary>Empty for those that go with <see cref="Rhos"/>.</summary>
    internal required IReadOnlyList<double> Sigmas { get; init; }

    internal required int Draws { get; init; }

    /// <summary>Null where it is not asked for.</summary>
    internal required HessianOptions? Hessian { get; init; }

    internal required int TraceDraws { get; init; }

    /// <summary>Standard deviations of the random perturbations.</summary>
    /// <param name="weights">Number of weights that are perturbed.</param>
    internal IReadOnlyList<double> SigmasFor(long weights) => Sigmas.Count > 0
        ? Sigmas
        : [.. Rhos.Select(rho => Neighbourhood.Norm == PerturbationNorm.L2 ? rho / Math.Sqrt(weights) : rho)];
}
