using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Commands;

/// <summary>Shows an experiment on sparse networks on stderr: a bar with throughput and time left on a terminal, a line for each finished network elsewhere.</summary>
internal static class SparseProgressView
{
    internal static SparseRun Show(Session session, string name, Func<Action<SparseProgress>, SparseRun> run)
    {
        session.Interruption.Finishes = "networks that are finished are kept";
        if (!ProgressView.HasBar(session)) return run(progress => Line(session, progress));
        return ProgressView.ShowBar(session, name, bar => run(progress => bar.Move(
            progress.Done, progress.Total, string.Create(CultureInfo.InvariantCulture, $"{progress.What}: {progress.EvaluationsPerSecond:0} gradients/s"))));
    }

    private static void Line(Session session, SparseProgress progress)
    {
        if (progress.Finished is not { } cell) return;
        // A network that stands in two comparisons is told in each.
        string comparison = cell.Compute is not null ? $" (equal {cell.Compute})" : cell is { Arm: "dense", Side: not null } ? $" ({cell.Side})" : "";
        session.Errors.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.What}{comparison}: test accuracy {cell.TestAccuracyAll:0.0000}, zeros {cell.Sparsity:0.0000}{(cell.Diverged ? ", diverged" : "")}; {progress.Done} of {progress.Total} gradients, {progress.EvaluationsPerSecond:0.0}/s"));
    }
}
