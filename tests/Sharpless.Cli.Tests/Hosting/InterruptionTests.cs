using System.Diagnostics;
using Sharpless.Cli.Hosting;

namespace Sharpless.Cli.Tests.Hosting;

public sealed class InterruptionTests : IDisposable
{
    private readonly StringWriter _errors = new();
    private readonly ManualResetEventSlim _hasEnded = new();
    private readonly Interruption _interruption;

    public InterruptionTests() => _interruption = new Interruption(_errors, code =>
    {
        Assert.Equal(130, code);
        _hasEnded.Set();
    });

    public void Dispose()
    {
        _interruption.Dispose();
        _errors.Dispose();
        _hasEnded.Dispose();
    }

    [Fact]
    public void The_first_signal_says_what_is_finished_and_asks_the_work_to_stop()
    {
        (_interruption.IsSaving, _interruption.Finishes) = (true, "the step is finished and the state is saved");
        _interruption.Request();
        Assert.True(_interruption.Token.IsCancellationRequested);
        Assert.Equal("sharpless: stopping: the step is finished and the state is saved. A second signal ends at once.\n", _errors.ToString());
        Assert.False(_hasEnded.IsSet);
    }

    [Fact]
    public async Task The_second_signal_ends_at_once_whatever_the_first_one_waits_for()
    {
        using var stuck = new ManualResetEventSlim();
        _interruption.Token.Register(stuck.Wait);
        Task first = Task.Run(_interruption.Request);
        SpinWait.SpinUntil(() => _interruption.Token.IsCancellationRequested);
        _interruption.Request();
        Assert.True(_hasEnded.IsSet);
        stuck.Set();
        await first;
    }

    [Fact]
    public void Work_that_has_nothing_to_save_and_does_not_stop_is_ended_after_two_seconds()
    {
        string told = "";
        _interruption.Unfinished = () => told = "unfinished";
        long started = Stopwatch.GetTimestamp();
        _interruption.Request();
        Assert.True(_hasEnded.Wait(TimeSpan.FromSeconds(30)));
        Assert.True(Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(1.9));
        Assert.Equal("unfinished", told);
    }

    [Fact]
    public void Work_that_has_ended_is_not_ended_again()
    {
        _interruption.Request();
        _interruption.WorkHasEnded();
        Assert.False(_hasEnded.Wait(TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void A_line_that_cannot_be_told_does_not_keep_the_work_from_stopping()
    {
        _interruption.Say = _ => throw new IOException("the terminal is gone");
        _interruption.Request();
        Assert.True(_interruption.Token.IsCancellationRequested);
    }
}
