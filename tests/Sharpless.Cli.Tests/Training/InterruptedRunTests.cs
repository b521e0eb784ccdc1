using System.Diagnostics;
using System.Globalization;
using Sharpless.Torch;

namespace Sharpless.Cli.Tests.Training;

/// <summary>A run may be ended at any moment: the same command line goes on with it, to the same bytes.</summary>
public sealed class InterruptedRunTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    public static TheoryData<string, string> Kinds => new()
    {
        { "classifier", Runtime.CpuHasBFloat16 ? "bf16" : "fp32" },
        { "resnet18", "fp32" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Runs_killed_at_random_moments_and_issued_again_end_with_the_bytes_of_an_unbroken_run(string model, string precision)
    {
        const int Runs = 10, MostKills = 3;
        string[] Command(string run) => _tiny.Short(run, "--model", model, "--model-width", "4", "--precision", precision, "--resume");
        long started = Stopwatch.GetTimestamp();
        TrainingProgram.Run(Command("unbroken")).AssertDone();
        TimeSpan whole = Stopwatch.GetElapsedTime(started);

        int killed = 0, resumed = 0;
        for (int seed = 0; seed < Runs; seed++)
        {
            var random = new Random(seed);
            List<string> delays = [];
            for (int kills = random.Next(1, MostKills + 1); kills > 0; kills--)
            {
                // Two of three fall among the training steps, however slow the machine is to start; the others fall anywhere.
                bool amongSteps = random.Next(3) > 0;
                TimeSpan delay = amongSteps ? TimeSpan.FromMilliseconds(random.Next(100)) : whole * random.NextDouble();
                delays.Add(delay.TotalMilliseconds.ToString(amongSteps ? "0 ms from a checkpoint on" : "0 ms", CultureInfo.InvariantCulture));
                DateTime before = LastCheckpoint($"run{seed}");
                Process process = TrainingProgram.Begin(Command($"run{seed}"));
                while (amongSteps && !process.HasExited && LastCheckpoint($"run{seed}") == before) Thread.Sleep(1);
                if (TrainingProgram.Kill(process, delay)) killed++;
            }

            string message = $"{model}, {precision}, seed {seed}, ended after {string.Join(", ", delays)}";
            TrainingProgram.Result result = TrainingProgram.Run(Command($"run{seed}"));
            Assert.True(result.ExitCode == 0, $"{message}: exit code {result.ExitCode}: {result.Errors}");
            _tiny.AssertSame("unbroken", $"run{seed}", message);
            AssertEventsAreTheMetrics($"run{seed}", message);
            resumed += File.ReadLines(_tiny[$"run{seed}/log.txt"]).Count(line => line.Contains("resume after iteration", StringComparison.Ordinal));
        }

        // The rest of this test says nothing unless runs really were cut short, and in their middle.
        Assert.True(killed >= Runs, $"only {killed} starts were killed; the others were done sooner");
        Assert.True(resumed >= Runs / 2, $"only {resumed} starts went on from a checkpoint");
    }

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

    // A time long ago where there is none yet.
    private DateTime LastCheckpoint(string run) => File.GetLastWriteTimeUtc(_tiny[$"{run}/checkpoint/state.safetensors"]);

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
