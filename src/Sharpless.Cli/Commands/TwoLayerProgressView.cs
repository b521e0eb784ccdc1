using Sharpless.Cli.Hosting;
using Sharpless.Experiments.TwoLayer;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>Shows on stderr how many students are trained: a bar on a terminal, some lines elsewhere.</summary>
internal static class TwoLayerProgressView
{
    private const int Lines = 10;

    internal static TwoLayerRun Show(Session session, Func<Action<TwoLayerProgress>, TwoLayerRun> run)
    {
        if (ProgressView.HasBar(session)) return ProgressView.ShowBar(session, "two-layer", bar => run(progress => bar.Move(progress.Done, progress.Total, Text(progress))));
        return run(progress =>
        {
            // A line each time another tenth is done.
            if (progress.Done * Lines / progress.Total > (progress.Done - 1) * Lines / progress.Total) session.Errors.WriteLine(Text(progress));
        });
    }

    private static string Text(TwoLayerProgress progress) => $"{progress.Done} of {progress.Total} networks";
}
