using Sharpless.Training;

namespace Sharpless.Tests.Training;

/// <summary>A run that is stopped in an evaluation goes on with that evaluation, to the bytes of a run that was not.</summary>
public sealed class InterruptedEvaluationTests : IDisposable
{
    private const int Period = 4, Last = 2 * TinyData.StepsPerEpoch;

    private readonly TinyData _data = new();

    public void Dispose() => _data.Dispose();

    [Theory, InlineData(0), InlineData(Period), InlineData(Last)]
    public void The_evaluation_is_left_for_the_next_start(long stopsAt)
    {
        TrainOptions options = Options;
        Trainer.Run(options, Place("whole"));
        using (var stop = new CancellationTokenSource())
        {
            var stopped = Assert.Throws<OperationCanceledException>(() => Trainer.Run(options, Place("stopped"), progress => StopIn(progress, stopsAt, stop), stop.Token));
            Assert.Contains($"Stopped after step {stopsAt} of {Last}, before its evaluation was done", stopped.Message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(Rows("stopped"), row => row.Split(',')[1] == $"{stopsAt}");
        Assert.False(File.Exists(Path.Combine(_data["stopped"], "result.json")));

        // Stopped in it once more, and in a later one: nothing is lost and nothing is counted twice.
        using (var stop = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => Trainer.Run(options, Place("stopped") with { Resumes = true }, progress => StopIn(progress, stopsAt, stop), stop.Token));
        }

        using (var stop = new CancellationTokenSource())
        {
            if (stopsAt < Last) Assert.Throws<OperationCanceledException>(() => Trainer.Run(options, Place("stopped") with { Resumes = true }, progress => StopIn(progress, stopsAt + Period, stop), stop.Token));
        }

        Trainer.Run(options, Place("stopped") with { Resumes = true });
        AssertSame();
    }

    [Fact]
    public void An_evaluation_that_a_kill_cut_after_its_row_was_written_is_measured_once()
    {
        Trainer.Run(Options, Place("whole"));
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Trainer.Run(Options, Place("stopped"), progress => StopIn(progress, Period, stop), stop.Token));
        // The row that an earlier, killed start had written.
        File.Copy(Path.Combine(_data["whole"], "metrics.csv"), Path.Combine(_data["stopped"], "metrics.csv"), overwrite: true);
        Trainer.Run(Options, Place("stopped") with { Resumes = true });
        AssertSame();
    }

    private TrainOptions Options => _data.Options with
    {
        Model = "resnet_tiny",
        ModelWidth = 2,
        DropRate = 0.3,
        Epochs = 2,
        MaximumLearningRate = 0.01,
        EvaluationPeriod = Period,
        FastCount = 16,
        AnalysisCount = 16,
        AnalyzesFeatures = true,
        AveragesWeights = true,
        MeasuresSharpness = true,
        MeasuresDensity = true,
        CountsActiveUnits = true,
        SnapshotPeriod = 1,
    };

    private void AssertSame()
    {
        string[] whole = Files("whole"), stopped = Files("stopped");
        Assert.Equal(whole, stopped);
        foreach (string file in whole.Where(file => file != "config.json" && file.Split('.')[^1] is "csv" or "npz" or "safetensors" && !file.StartsWith("checkpoint", StringComparison.Ordinal)))
        {
            Assert.True(File.ReadAllBytes(Path.Combine(_data["whole"], file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_data["stopped"], file))), file);
        }

        // Times differ, so that only the length can be the same.
        Assert.Equal(EventBytes("whole"), EventBytes("stopped"));
    }

    private static void StopIn(TrainProgress progress, long iteration, CancellationTokenSource stop)
    {
        if (progress.Phase == "evaluating" && progress.Iteration == iteration) stop.Cancel();
    }

    private string[] Rows(string run) => File.Exists(Path.Combine(_data[run], "metrics.csv")) ? File.ReadAllLines(Path.Combine(_data[run], "metrics.csv"))[1..] : [];

    private string[] Files(string run) =>
        [.. Directory.EnumerateFiles(_data[run], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_data[run], file)).Where(file => !file.StartsWith("events", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private long EventBytes(string run) => new FileInfo(Assert.Single(Directory.GetFiles(_data[run], "events.*"))).Length;

    private TrainPlace Place(string run) => new() { Folder = _data[run] };
}
