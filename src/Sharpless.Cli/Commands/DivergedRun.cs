using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>What a command says at its end about a training that came to nothing.</summary>
internal static class DivergedRun
{
    /// <returns>Null for a run that came to something.</returns>
    internal static FailureException? Failure(TrainResult result) => Failure(result.Divergence, "--lr-max or --sam-rho", result.Run);

    /// <param name="divergence">Why it came to nothing; null where it did not.</param>
    /// <param name="options">The options of which a smaller value helps.</param>
    /// <param name="run">The run's folder; empty for none.</param>
    internal static FailureException? Failure(string? divergence, string options, string run) =>
        divergence is null ? null : new FailureException(divergence, $"A smaller {options} helps.{(run.Length > 0 ? $" The files of the run are in {run}." : "")}");
}
