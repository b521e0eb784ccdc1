using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Shows a training run on stderr: a bar with throughput and time left on a terminal, a line for each evaluation elsewhere.</summary>
internal static class TrainProgressView
{
    /// <param name="session">Where to show it.</param>
    /// <param name="name">What is shown first.</param>
    /// <param name="run">Runs, and tells of every step.</param>
    /// <param name="measured">The quantity that is told beside the training loss: column and name; null for the test error.</param>
    internal static TResult Show<TResult>(Session session, string name, Func<Action<TrainProgress>, TResult> run, (string Column, string Name)? measured = null)
    {
        if (!ProgressView.HasBar(session))
        {
            Action<TrainProgress> tell = Lines(session, name, measured ?? ("test_error", "test error"));
            return run(progress =>
            {
                ToldAtStop(session, progress);
                tell(progress);
            });
        }

        return ProgressView.ShowBar(session, name, bar => run(progress =>
        {
            ToldAtStop(session, progress);
            bar.Move(progress.Iteration, progress.TotalIterations, Describe(name, progress));
        }));
    }

    private static void ToldAtStop(Session session, TrainProgress progress)
    {
        session.Interruption.IsSaving = true;
        session.Interruption.Finishes = progress.Phase == "evaluating"
            ? $"the evaluation after step {progress.Iteration} is left for the next start, and the state before it is saved"
            : $"the step after {progress.Iteration} of {progress.TotalIterations} is finished, and the state is saved";
    }

    private static string Describe(string name, TrainProgress progress) => progress.Phase == "evaluating"
        ? $"{name}: evaluating"
        : string.Create(CultureInfo.InvariantCulture, $"{name}: {progress.StepsPerSecond:0.0} steps/s, loss {progress.Objective:0.000}");

    private static Action<TrainProgress> Lines(Session session, string name, (string Column, string Name) measured)
    {
        EvaluationRecord? shown = null;
        return progress =>
        {
            if (progress.LastEvaluation is not { } row || row == shown) return;
            shown = row;
            session.Errors.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: step {row.Iteration} of {progress.TotalIterations}, {progress.StepsPerSecond:0.0} steps/s, train loss {row["train_loss"]:0.0000}, {measured.Name} {row[measured.Column]:0.0000}{(row["skipped_steps"] is > 0 and double skipped ? $", {skipped:0} steps skipped" : "")}"));
        };
    }
}
