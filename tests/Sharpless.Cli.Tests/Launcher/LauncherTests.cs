using System.Diagnostics;

namespace Sharpless.Cli.Tests.Launcher;

public sealed class LauncherTests : IDisposable
{
    private readonly LauncherCopy _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void The_program_takes_the_place_of_the_launcher_so_that_signals_reach_it()
    {
        LauncherCopy.Result result = _machine.Start();
        result.AssertRan();
        Assert.Contains($"process {result.Process}\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_and_working_folder_reach_the_program_unchanged_and_nothing_else_is_on_standard_output()
    {
        LauncherCopy.Result result = LauncherCopy.End(_machine.Begin(arguments: ["train", "--out", "a b", "*", ""]));
        Assert.Equal(
            $"process {result.Process}\nfolder {_machine.Folder}\nargument train\nargument --out\nargument a b\nargument *\nargument \n", result.Output);
    }

    [Fact]
    public void A_symbolic_link_starts_the_clone_it_points_to()
    {
        string link = Path.Combine(_machine.Folder, "linked");
        File.CreateSymbolicLink(link, _machine.Launcher);
        LauncherCopy.End(_machine.Begin(link)).AssertRan();
        Assert.True(Directory.Exists(Path.Combine(_machine.Clone, "artifacts", "program")));
    }

    [Fact]
    public void A_second_start_builds_nothing_and_says_nothing()
    {
        _machine.Start();
        Assert.Single(_machine.Calls, "publish");
        int calls = _machine.Calls.Length;
        Assert.Equal("", _machine.Start().Error);
        Assert.Equal(calls, _machine.Calls.Length);
    }

    [Fact]
    public void A_changed_source_is_built_again_and_a_changed_kernel_does_not_build_the_program()
    {
        _machine.Write("clone/src/Sam.cs", "");
        _machine.Start();
        _machine.Write("clone/src/Sam.cs", "changed");
        _machine.Start();
        Assert.Equal(2, _machine.Calls.Count(call => call == "publish"));
        _machine.Write("clone/native/kernels/gelu.cpp", "changed");
        _machine.Start();
        Assert.Equal(2, _machine.Calls.Count(call => call == "publish"));
    }

    [Fact]
    public void A_deleted_file_is_a_change()
    {
        _machine.Write("clone/src/Sam.cs", "");
        _machine.Start();
        File.Delete(Path.Combine(_machine.Clone, "src", "Sam.cs"));
        _machine.Start();
        Assert.Equal(2, _machine.Calls.Count(call => call == "publish"));
    }

    [Fact]
    public void Two_starts_at_once_build_once()
    {
        Process first = _machine.Begin(environment: ("PUBLISH_SECONDS", "0.5"));
        Process second = _machine.Begin(environment: ("PUBLISH_SECONDS", "0.5"));
        LauncherCopy.Result[] results = [LauncherCopy.End(first), LauncherCopy.End(second)];
        Assert.All(results, result => result.AssertRan());
        Assert.Single(_machine.Calls, "publish");
        Assert.Contains(results, result => result.Error.Contains("waiting for another start", StringComparison.Ordinal));
    }

    [Fact]
    public void A_failed_build_shows_the_end_of_its_log_and_is_tried_again()
    {
        LauncherCopy.Result result = _machine.Start(("PUBLISH_ERROR", "Sam.cs(1,1): error CS1002"));
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains("Sam.cs(1,1): error CS1002", result.Error, StringComparison.Ordinal);
        Assert.Contains(Path.Combine("artifacts", "logs", "program.log"), result.Error, StringComparison.Ordinal);
        _machine.Start().AssertRan();
    }

    [Fact]
    public void A_killed_build_is_not_taken_for_a_finished_one_and_its_leftovers_are_removed()
    {
        Process killed = _machine.Begin(environment: ("PUBLISH_SECONDS", "30"));
        SpinWait.SpinUntil(() => _machine.Calls.Contains("publish"), TimeSpan.FromSeconds(20));
        string leftover = Path.Combine(_machine.Clone, "artifacts", "obj", "Sharpless", "release");
        Directory.CreateDirectory(leftover);
        killed.Kill(entireProcessTree: true);
        LauncherCopy.End(killed);

        _machine.Start().AssertRan();
        Assert.Equal(2, _machine.Calls.Count(call => call == "publish"));
        Assert.False(Directory.Exists(leftover));
    }
}
