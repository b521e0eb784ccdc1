using Spectre.Console;

namespace Sharpless.Cli.Hosting;

/// <summary>Shows on stderr how far some work is: a bar with what it says of itself and the time left on a terminal, lines elsewhere.</summary>
internal static class ProgressView
{
    /// <summary>Whether stderr is a terminal, which a bar can be drawn on.</summary>
    internal static bool HasBar(Session session) => session.Progress.Profile.Out.IsTerminal && session.Progress.Profile.Capabilities.Interactive;

    /// <summary>Runs work below a bar.</summary>
    /// <param name="session">Where to show it.</param>
    /// <param name="name">What is shown first.</param>
    /// <param name="work">Moves the bar.</param>
    internal static T ShowBar<T>(Session session, string name, Func<ProgressTask, T> work)
    {
        Action<string> say = session.Interruption.Say;
        session.Interruption.Say = session.Progress.WriteLine;      // above the bar
        try
        {
            return session.Progress.Progress()
                .AutoClear(true)
                .HideCompleted(true)
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .Start(context => work(context.AddTask(Markup.Escape(name), maxValue: 1)));
        }
        finally
        {
            session.Interruption.Say = say;
        }
    }

    /// <summary>Moves a bar and says what is under way.</summary>
    internal static void Move(this ProgressTask task, double done, double total, string description)
    {
        task.MaxValue = Math.Max(1, total);
        task.Value = done;
        task.Description = Markup.Escape(description);
    }
}
