using System.Diagnostics;

namespace Sharpless.Cli.Tests.Training;

/// <summary>Who may use the folder that <c>--out</c> names, and what a start that is refused leaves there: nothing.</summary>
public sealed class RunFolderRulesTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void A_finished_run_is_kept_from_every_command_that_is_not_its_own()
    {
        Directory.CreateDirectory(_tiny["run"]);   // an empty folder is taken
        string first = TrainingProgram.Run(_tiny.Short("run", "--json", "--resume")).AssertDone().Json.ToString();
        string[] log = File.ReadAllLines(_tiny["run/log.txt"]);
        DateTime written = File.GetLastWriteTimeUtc(_tiny["run/weights.safetensors"]);

        TrainingProgram.Run(_tiny.Short("run")).AssertRefused("already holds this run", "--resume");
        TrainingProgram.Run(_tiny.Short("run", "--sam-rho", "0.2", "--resume")).AssertRefused("--sam-rho is 0.1 there, 0.2 here", "--out");
        TrainingProgram.Run(_tiny.Short("run", "--seed", "7")).AssertRefused("--seed is 0 there, 7 here", "--out");

        File.Delete(_tiny.Data);                   // it is not read again
        Assert.Equal(first, TrainingProgram.Run(_tiny.Short("run", "--json", "--resume")).AssertDone().Json.ToString());
        Assert.Equal(written, File.GetLastWriteTimeUtc(_tiny["run/weights.safetensors"]));
        Assert.Equal(log, File.ReadAllLines(_tiny["run/log.txt"]));
    }

    [Fact]
    public void An_option_that_an_earlier_version_did_not_have_counts_as_its_default()
    {
        TrainingProgram.Run(_tiny.Short("run")).AssertDone();
        string[] lines = File.ReadAllLines(_tiny["run/config.json"]);
        string[] earlier = [.. lines.Where(line => !line.Contains("\"mixup-p\"", StringComparison.Ordinal))];
        Assert.Equal(lines.Length - 1, earlier.Length);
        File.WriteAllLines(_tiny["run/config.json"], earlier);
        TrainingProgram.Run(_tiny.Short("run", "--resume")).AssertDone();
        TrainingProgram.Run(_tiny.Short("run", "--resume", "--mixup-p", "0.2")).AssertRefused("holds another run: --mixup-p is 0 there, 0.2 here.", "--out");
    }

    [Fact]
    public void A_folder_of_something_else_is_refused_and_untouched()
    {
        Directory.CreateDirectory(_tiny["thesis"]);
        File.WriteAllText(_tiny["thesis/chapter.tex"], "text");
        TrainingProgram.Run(_tiny.Short("thesis")).AssertRefused("it holds 'chapter.tex'", "--out");
        TrainingProgram.Run(_tiny.Short("thesis", "--resume")).AssertRefused("it holds 'chapter.tex'", "--out");
        TrainingProgram.Run(_tiny.Short("thesis/chapter.tex")).AssertRefused("is a file", "--out");
        Assert.Equal(["chapter.tex"], _tiny.Files("thesis"));
        Assert.Equal("text", File.ReadAllText(_tiny["thesis/chapter.tex"]));
    }

    [Fact]
    public void A_second_process_in_the_same_folder_is_refused()
    {
        Process first = TrainingProgram.Begin(_tiny.Short("run", "--epochs", "1000"));
        try
        {
            TrainingProgram.WaitUntil(first, () => File.Exists(_tiny["run/checkpoint/state.safetensors"]));
            TrainingProgram.Run(_tiny.Short("run", "--epochs", "1000", "--resume")).AssertRefused("in use by another process", "--out");
            Assert.False(first.HasExited);
        }
        finally
        {
            TrainingProgram.Kill(first, TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData("There is no file", "--dataset", "npz:absent.npz")]
    [InlineData("There is no data set", "--dataset", "absent")]
    [InlineData("'absent'", "--model", "absent")]
    [InlineData("'absent'", "--taps", "absent")]
    [InlineData("17", "--batch-size", "17000")]
    [InlineData("absent.safetensors", "--init", "absent.safetensors")]
    [InlineData("--momentum", "--momentum", "1")]
    public void Nothing_is_left_of_a_start_that_is_refused(string error, params string[] options)
    {
        TrainingProgram.Run(_tiny.Short("run", options)).AssertRefused(error);
        Assert.False(Directory.Exists(_tiny["run"]));
    }

    [Fact]
    public void Nothing_is_left_of_a_start_with_a_damaged_data_file()
    {
        byte[] data = File.ReadAllBytes(_tiny.Data);
        File.WriteAllBytes(_tiny["cut.npz"], data[..(data.Length / 2)]);
        TrainingProgram.Run(_tiny.Short("run", "--dataset", $"npz:{_tiny["cut.npz"]}")).AssertRefused("cut.npz");
        Assert.False(Directory.Exists(_tiny["run"]));
    }
}
