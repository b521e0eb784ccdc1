using System.Globalization;
using Sharpless.Cli.Hosting;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>Progress of an analysis on stderr, on a terminal only; its reports are also where Ctrl-C takes effect.</summary>
internal sealed class AnalysisProgress : IProgress<double>
{
    private readonly CancellationToken _cancel;
    private readonly ProgressTask? _task;
    private readonly string _unit;
    private readonly double _amount;

    private AnalysisProgress(ProgressTask? task, double amount, string unit, CancellationToken cancel) => (_task, _amount, _unit, _cancel) = (task, amount, unit, cancel);

    /// <summary>Runs an analysis and shows how far it is.</summary>
    /// <param name="session">Where to show it.</param>
    /// <param name="name">What is analysed.</param>
    /// <param name="amount">How much there is to do, for the throughput.</param>
    /// <param name="unit">Of the amount.</param>
    /// <param name="analysis">Reports its done share, 0 to 1.</param>
    /// <param name="cancel">Stops the analysis at its next report.</param>
    internal static T Show<T>(Session session, string name, double amount, string unit, Func<IProgress<double>, T> analysis, CancellationToken cancel)
    {
        return ProgressView.HasBar(session)
            ? ProgressView.ShowBar(session, name, bar => analysis(new AnalysisProgress(bar, amount, unit, cancel)))
            : analysis(new AnalysisProgress(null, amount, unit, cancel));
    }

    /// <inheritdoc/>
    public void Report(double value)
    {
        _cancel.ThrowIfCancellationRequested();
        if (_task is null) return;
        _task.Value = value;
        double seconds = _task.ElapsedTime?.TotalSeconds ?? 0;
        string name = _task.Description.Split("  ")[0];
        _task.Description = value >= 1
            ? $"{name}  last step"
            : string.Create(CultureInfo.InvariantCulture, $"{name}  {(seconds > 0 ? value * _amount / seconds : 0):0} {_unit}/s");
    }
}
