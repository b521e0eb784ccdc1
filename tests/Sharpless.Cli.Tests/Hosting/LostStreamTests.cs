using Sharpless.Cli.Tests.Training;

namespace Sharpless.Cli.Tests.Hosting;

/// <summary>Standard streams that are closed, full, or whose reader has gone away, never end the work of the real program.</summary>
public sealed class LostStreamTests(LostStreamTests.Told told) : IClassFixture<LostStreamTests.Told>
{
    private readonly TinyTraining _tiny = told.Tiny;

    public static TheoryData<string> LostErrors => ["2>&-", "2>/dev/full", "2> >(exec true)"];

    public static TheoryData<string> LostOutputs => [">&-", ">/dev/full", "> >(exec true)", "2>/dev/full <&- >&-"];

    [Theory, MemberData(nameof(LostErrors))]
    public void Progress_that_cannot_be_told_is_nothing(string streams)
    {
        string run = NewName();
        Run(streams, _tiny.Short(run, "--json")).AssertDone();
        _tiny.AssertSame("told", run, streams);
    }

    [Theory, MemberData(nameof(LostOutputs))]
    public void A_result_that_cannot_be_told_fails_after_the_run_is_complete(string streams)
    {
        string run = NewName();
        TrainingProgram.Result result = Run(streams, _tiny.Short(run, "--json"));
        if (streams.Contains("2>", StringComparison.Ordinal)) Assert.Equal(1, result.ExitCode);
        else result.AssertFailed(1, "could not be written to standard output", "--resume");
        _tiny.AssertSame("told", run, streams);
    }

    [Theory, MemberData(nameof(LostErrors))]
    public void Analyses_do_not_mind(string streams) =>
        Assert.Contains("\"taps\"", Run(streams, "rank", "--run", _tiny["told"], "--json").AssertDone().Output, StringComparison.Ordinal);

    [Fact]
    public void A_sweep_whose_lines_nobody_reads_finishes_its_runs()
    {
        string[] sweep = ["sweep", .. _tiny.Quick("sweep", "--seed", "0,1").Skip(1)];
        Run("2>/dev/full", sweep).AssertDone();
        Assert.True(File.Exists(_tiny["sweep/seed-1/result.json"]));
    }

    [Fact]
    public void An_error_that_cannot_be_told_keeps_its_exit_code() => Assert.Equal(2, Run("2>&- >&- <&-", "train", "--sam-rho", "x").ExitCode);

    private static string NewName() => Path.GetRandomFileName();

    private static TrainingProgram.Result Run(string streams, params string[] arguments) =>
        TrainingProgram.End(TrainingProgram.BeginWith(["bash", "-c", $"exec \"$@\" {streams}", "bash"], arguments));

    /// <summary>A run whose streams are all there.</summary>
    public sealed class Told : IDisposable
    {
        public Told() => TrainingProgram.Run(Tiny.Short("told")).AssertDone();

        public TinyTraining Tiny { get; } = new();

        public void Dispose() => Tiny.Dispose();
    }
}
