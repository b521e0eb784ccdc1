using System.Diagnostics;
using System.Globalization;

namespace Sharpless.Cli.Tests.Training;

/// <summary>A run may be ended at any moment: the same command line goes on with it, to the same bytes.</summary>
public sealed class InterruptedRunTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Sigterm_ends_with_130_after_the_step_and_the_run_goes_on_to_the_same_bytes()
    {
        TrainingProgram.Run(_tiny.Short("unbroken")).AssertDone();
        Process process = TrainingProgram.Begin(_tiny.Short("stopped"));
        TrainingProgram.WaitUntil(process, () => File.Exists(_tiny["stopped/checkpoint/state.safetensors"]));
        TrainingProgram.Signal(process, "TERM");
        TrainingProgram.End(process).AssertFailed(130, "the state is saved", "--resume");
        Assert.False(File.Exists(_tiny["stopped/result.json"]));
        Assert.Contains("stopped after iteration", File.ReadAllText(_tiny["stopped/log.txt"]), StringComparison.Ordinal);

        TrainingProgram.Run(_tiny.Short("stopped", "--resume")).AssertDone();
        string[] log = File.ReadAllLines(_tiny["stopped/log.txt"]);
        string stop = log.Single(line => line.Contains("stopped", StringComparison.Ordinal)).Split("after")[1];
        Assert.Single(log, line => line.EndsWith($"resume after{stop}", StringComparison.Ordinal));
        _tiny.AssertSame("unbroken", "stopped", "SIGTERM");
    }

    [Fact]
    public void Event_file_holds_the_metrics_once_each()
    {
        TrainingProgram.Run(_tiny.Short("run")).AssertDone();
        AssertEventsAreTheMetrics("run", "unbroken run");
    }

    private void AssertEventsAreTheMetrics(string run, string message)
    {
        string[][] rows = [.. File.ReadLines(_tiny[$"{run}/metrics.csv"]).Select(line => line.Split(','))];
        List<EventRecord> expected = [];
        foreach (string[] row in rows.Skip(1))
        {
            for (int i = 2; i < row.Length; i++)
            {
                if (row[i].Length == 0) continue;
                expected.Add(new EventRecord(long.Parse(row[1], CultureInfo.InvariantCulture), rows[0][i].Replace('.', '/'), (float)double.Parse(row[i], CultureInfo.InvariantCulture)));
            }
        }

        Assert.Equal((TinyTraining.Steps / 3) + 1, rows.Length - 1);
        IEnumerable<EventRecord> actual = EventRecord.Read(_tiny.EventFile(run));
        static IEnumerable<EventRecord> Sorted(IEnumerable<EventRecord> records) => records.OrderBy(record => record.Step).ThenBy(record => record.Tag, StringComparer.Ordinal);
        Assert.True(Sorted(expected).SequenceEqual(Sorted(actual)), $"{message}: {actual.Count()} scalars in the event file, {expected.Count} in metrics.csv, or other values");
    }
}
