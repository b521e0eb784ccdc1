using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Training;

/// <summary>Training options through the real program: what they write, and that a run with them can be stopped at any step.</summary>
public sealed class TrainOptionRunTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("--optimizer adam --lr-max 0.01 --sam-use-prev-batch --acc-steps 2 --grad-gauss-std 0.01 --swa --swa-tau 0.8 --save-model-each-k-epochs 2")]
    [InlineData("--sam-iters 2 --sam-step-size-mult 0.7 --mul-weight-perturb-scale 0.1 --weight-perturb-distr uniform --sam-epoch-frac-start 0.3 --weight-grad-reg-lambda 0.01")]
    [InlineData("--sam-variant looksam --sam-period 3 --acc-steps 2")]
    [InlineData("--sam-variant friendly --optimizer adam --lr-max 0.01")]
    public void Stopped_and_resumed_they_end_with_the_bytes_of_an_unbroken_run(string options)
    {
        string[] Command(string run) => _tiny.Short(run, [.. options.Split(' '), "--precision", "fp32", "--resume"]);
        TrainingProgram.Run(Command("unbroken")).AssertDone();
        int stops = 0;
        for (int starts = 0; !File.Exists(_tiny["stopped/result.json"]); starts++)
        {
            Assert.True(starts < 10, "The run does not end.");
            var process = TrainingProgram.Begin(Command("stopped"));
            DateTime before = File.GetLastWriteTimeUtc(_tiny["stopped/checkpoint/state.safetensors"]);
            if (starts < 2)
            {
                TrainingProgram.WaitUntil(process, () => File.GetLastWriteTimeUtc(_tiny["stopped/checkpoint/state.safetensors"]) != before);
                if (TrainingProgram.Kill(process, TimeSpan.FromMilliseconds(30))) stops++;
            }
            else
            {
                TrainingProgram.End(process).AssertDone();
            }
        }

        Assert.True(stops > 0, "The run was never stopped.");
        _tiny.AssertSame("unbroken", "stopped", options);
        foreach (string file in _tiny.Files("unbroken").Where(file => file.EndsWith("swa.safetensors", StringComparison.Ordinal) || file.StartsWith("snapshots", StringComparison.Ordinal)))
            Assert.Equal(File.ReadAllBytes(_tiny[$"unbroken/{file}"]), File.ReadAllBytes(_tiny[$"stopped/{file}"]));
    }

    [Fact]
    public void The_moving_average_is_evaluated_and_saved_and_does_not_touch_the_run()
    {
        TrainingProgram.Run(_tiny.Short("plain", "--precision", "fp32")).AssertDone();
        var final = TrainingProgram.Run(_tiny.Short("averaged", "--precision", "fp32", "--swa-tau", "0.5", "--json")).AssertDone().Json.GetProperty("final");
        foreach (string name in new[] { "train_loss_swa", "train_error_swa", "test_loss_swa", "test_error_swa" }) Assert.True(double.IsFinite(final.GetProperty(name).GetDouble()), name);
        Assert.Equal(File.ReadAllBytes(_tiny["plain/weights.safetensors"]), File.ReadAllBytes(_tiny["averaged/weights.safetensors"]));

        // Its file is a network like any other, and evaluates to what the columns say.
        string average = _tiny["averaged/weights-swa.safetensors"];
        TrainingProgram.Run(_tiny.Short("again", "--precision", "fp32", "--epochs", "0", "--init", average, "--json")).AssertDone();
        Assert.NotEqual(Values(average, "linear.weight"), Values(_tiny["averaged/weights.safetensors"], "linear.weight"));
    }

    [Fact]
    public void An_average_that_forgets_everything_is_the_weights_themselves()
    {
        TrainingProgram.Run(_tiny.Short("run", "--precision", "fp32", "--swa-tau", "0")).AssertDone();
        Assert.Equal(Values(_tiny["run/weights.safetensors"], "linear.weight"), Values(_tiny["run/weights-swa.safetensors"], "linear.weight"));
    }

    [Fact]
    public void Snapshots_are_those_of_the_epochs_and_the_last_one_is_the_result()
    {
        TrainingProgram.Run(_tiny.Short("run", "--save-model-each-k-epochs", "2")).AssertDone();
        Assert.Equal(["epoch-0002.safetensors", "epoch-0004.safetensors"], Directory.GetFiles(_tiny["run/snapshots"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(_tiny["run/weights.safetensors"]), File.ReadAllBytes(_tiny["run/snapshots/epoch-0004.safetensors"]));
    }

    [Fact]
    public void A_run_can_be_named_where_weights_are_asked_for()
    {
        TrainingProgram.Run(_tiny.Short("first", "--epochs", "1")).AssertDone();
        TrainingProgram.Run(_tiny.Short("run", "--epochs", "0", "--model_path", _tiny["first"])).AssertDone();
        Assert.Equal(Values(_tiny["first/weights.safetensors"], "linear.weight"), Values(_tiny["run/weights.safetensors"], "linear.weight"));
    }

    [Fact]
    public void Debugging_leaves_no_file()
    {
        string[] command = [.. _tiny.Short("run", "--epochs", "1", "--json", "--debug").TakeWhile(argument => argument != "--checkpoint-every"), "--epochs", "1", "--json", "--debug"];
        string before = string.Join(' ', Directory.EnumerateFileSystemEntries(_tiny.Folder).Order(StringComparer.Ordinal));
        Assert.Equal("", TrainingProgram.Run(command).AssertDone().Json.GetProperty("run").GetString());
        Assert.Equal(before, string.Join(' ', Directory.EnumerateFileSystemEntries(_tiny.Folder).Order(StringComparer.Ordinal)));
        TrainingProgram.Run([.. command.Where(argument => argument != "--json"), "--out", _tiny["run"]]).AssertRefused("--debug writes nothing", "Leave out");
    }

    [Theory]
    [InlineData("--act-reg", "1", "no tap 'block3'")]
    [InlineData("--loss", "ce_offset", "two classes")]
    public void What_the_data_or_the_model_cannot_do_is_refused_before_the_folder_is_taken(string option, string value, string reason)
    {
        TrainingProgram.Run(_tiny.Short("run", option, value)).AssertRefused(reason);
        Assert.False(Directory.Exists(_tiny["run"]));
    }

    private static float[] Values(string path, string name)
    {
        using ArrayFile file = ArrayFile.Open(path);
        var values = new float[file[name].Count];
        file[name].ReadRows(0, file[name].Rows, values);
        return values;
    }
}
