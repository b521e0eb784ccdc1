using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Training;

/// <summary>What the options about batch norm do to weights and running statistics.</summary>
public sealed class BatchNormOptionsTests : IDisposable
{
    private const string Weight = "linear.weight", Mean = "bn2.running_mean", Variance = "bn2.running_var";

    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Frozen_statistics_stay_and_training_normalizes_with_them_or_with_those_of_the_batch()
    {
        Train("plain");
        Train("running", "--freeze-bn-stats");
        Train("batch", "--freeze-bn-stats", "--freeze-bn-mode", "batch");
        foreach (string run in new[] { "running", "batch" })
        {
            Assert.All(Values(run, Mean), mean => Assert.Equal(0, mean));
            Assert.All(Values(run, Variance), variance => Assert.Equal(1, variance));
        }

        Assert.DoesNotContain(0f, Values("plain", Mean));
        // Training in batches never reads the running statistics.
        Assert.Equal(Values("plain", Weight), Values("batch", Weight));
        Assert.NotEqual(Values("plain", Weight), Values("running", Weight));
    }

    [Fact]
    public void Without_freezing_there_is_no_mode_of_it() =>
        TrainingProgram.Run(_tiny.Short("run", "--freeze-bn-mode", "batch")).AssertRefused("--freeze-bn-mode has no effect without --freeze-bn-stats", "--freeze-bn-stats");

    [Fact]
    public void The_first_look_moves_statistics_alone_and_can_be_left_out()
    {
        Train("look", "--epochs", "0");
        Train("none", "--epochs", "0", "--skip-first-look");
        Assert.All(Values("none", Mean), mean => Assert.Equal(0, mean));
        Assert.DoesNotContain(0f, Values("look", Mean));
        Assert.Equal(Values("look", Weight), Values("none", Weight));
        Assert.True(double.IsFinite(First("look")["train_objective"]!.Value));
        Assert.Null(First("none")["train_objective"]);
    }

    private void Train(string run, params string[] options) => TrainingProgram.Run(_tiny.Short(run, ["--precision", "fp32", .. options])).AssertDone();

    private EvaluationRecord First(string run) => RunRecord.Load(_tiny[run]).Evaluations[0];

    private float[] Values(string run, string name)
    {
        using ArrayFile file = ArrayFile.Open(_tiny[$"{run}/weights.safetensors"]);
        var values = new float[file[name].Count];
        file[name].ReadRows(0, file[name].Rows, values);
        return values;
    }
}
