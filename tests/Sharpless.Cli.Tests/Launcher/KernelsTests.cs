namespace Sharpless.Cli.Tests.Launcher;

public sealed class KernelsTests : IDisposable
{
    private readonly LauncherCopy _machine = new();

    private string NoCompiler => Path.Combine(_machine.Clone, "artifacts", "no-compiler");

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Each_source_is_compiled_by_itself_and_the_library_linked_after_all()
    {
        _machine.Start().AssertRan();
        string[] calls = _machine.CompilerCalls;
        Assert.Equal(3, calls.Length);
        Assert.Equal(
            ["g++ compile gelu.cpp", "g++ compile weight_space.cpp -ffp-contract=off"],
            calls[..2].Order(StringComparer.Ordinal)
        );
        Assert.Equal("g++ link", calls[2]);
        Assert.True(File.Exists(_machine.Kernels));
    }

    [Fact]
    public void They_are_compiled_again_only_when_they_change()
    {
        _machine.Start();
        _machine.Write("clone/src/Sam.cs", "");
        _machine.Start();
        Assert.Equal(3, _machine.CompilerCalls.Length);
        _machine.Write("clone/native/kernels/gelu.cpp", "changed");
        _machine.Start();
        Assert.Equal(6, _machine.CompilerCalls.Length);
    }

    [Theory]
    [InlineData(null, "clang++ link")]
    [InlineData("my-compiler -m64", "my-compiler link")]
    public void The_compiler_is_the_one_in_CXX_or_the_first_that_is_there(string? named, string link)
    {
        _machine.RemoveTool("g++");
        _machine.AddCompiler("clang++");
        _machine.AddCompiler("my-compiler");
        _machine.Start(named is null ? [] : [("CXX", named)]).AssertRan();
        Assert.Equal(link, _machine.CompilerCalls[^1]);
    }

    [Fact]
    public void A_compiler_in_CXX_that_is_not_there_is_refused()
    {
        LauncherCopy.Result result = _machine.Start(("CXX", "absent"));
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("error: CXX is absent, which is not there.\nhint: ", result.Error, StringComparison.Ordinal);
        Assert.Empty(_machine.Calls);
    }

    [Fact]
    public void Where_the_compiler_fails_the_program_runs_without_kernels_and_says_so_once()
    {
        _machine.Start();
        _machine.Write("clone/native/kernels/gelu.cpp", "changed");
        LauncherCopy.Result result = _machine.Start(("BAD_SOURCE", "gelu.cpp"));
        result.AssertRan();
        Assert.Contains("gelu.cpp:1:1: error: unknown instruction\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("going on without the kernels", result.Error, StringComparison.Ordinal);
        // Those of older sources are not left in their place, and nothing was linked.
        Assert.False(File.Exists(_machine.Kernels));
        Assert.Single(_machine.CompilerCalls, call => call.EndsWith("link", StringComparison.Ordinal));
        Assert.Equal("", _machine.Start(("BAD_SOURCE", "gelu.cpp")).Error);
        // Another compiler is tried at once.
        _machine.AddCompiler("clang++");
        _machine.Start(("CXX", "clang++")).AssertRan();
        Assert.True(File.Exists(_machine.Kernels));
    }

    [Fact]
    public void The_tests_need_the_kernels_and_take_no_warnings()
    {
        Assert.Equal(1, _machine.Prepare("tests", ("BAD_SOURCE", "gelu.cpp")).ExitCode);
        Assert.Equal(0, _machine.Prepare("tests").ExitCode);
        Assert.Contains("g++ compile gelu.cpp -Werror", _machine.CompilerCalls);
        int calls = _machine.CompilerCalls.Length;
        _machine.Prepare("tests");
        Assert.Equal(calls, _machine.CompilerCalls.Length);
        // What the launcher compiled with warnings is compiled again.
        _machine.Write("clone/native/kernels/gelu.cpp", "changed");
        _machine.Start(("ODD_SOURCE", "gelu.cpp")).AssertRan();
        _machine.Prepare("tests");
        Assert.Equal(calls + 6, _machine.CompilerCalls.Length);
    }

    [Fact]
    public void Without_a_compiler_and_without_apt_the_program_runs_and_says_once_what_it_lacks()
    {
        _machine.RemoveTool("g++");
        LauncherCopy.Result result = _machine.Start();
        result.AssertRan();
        Assert.Contains("there is no C++ compiler here", result.Error, StringComparison.Ordinal);
        Assert.Contains("as root: apt-get install g++", result.Error, StringComparison.Ordinal);
        Assert.Equal("", _machine.Start().Error);
    }

    [Fact]
    public void A_compiler_that_was_installed_later_is_used_at_the_next_start()
    {
        _machine.RemoveTool("g++");
        _machine.Start();
        _machine.AddCompiler("g++");
        _machine.Start().AssertRan();
        Assert.True(File.Exists(_machine.Kernels));
        // The program itself was not built again.
        Assert.Single(_machine.Calls, "publish");
    }

    [Fact]
    public void Where_no_one_can_be_asked_root_installs_a_compiler()
    {
        WithoutCompilerButApt();
        LauncherCopy.Result result = _machine.Start(("MISSING", "g++"));
        result.AssertRan();
        Assert.Contains("sharpless:   g++: compiles the kernels\n", result.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_machine.Kernels));
    }

    [Fact]
    public void A_failed_installation_of_a_compiler_ends_nothing()
    {
        _machine.RemoveTool("g++");
        _machine.AddTool("apt-get", "exit 100");
        LauncherCopy.Result result = _machine.Start(("MISSING", "g++"));
        result.AssertRan();
        Assert.Contains("going on without", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Packages_that_are_not_to_be_installed_are_neither_asked_for()
    {
        WithoutCompilerButApt();
        _machine.Start(("MISSING", "g++"), ("SHARPLESS_SKIP_PACKAGES", "1")).AssertRan();
        Assert.DoesNotContain(_machine.Calls, call => call.StartsWith("apt-get", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("Yes\n")]
    public void On_a_terminal_yes_installs_a_compiler(string answer)
    {
        WithoutCompilerButApt();
        StartOnTerminal(answer);
        Assert.True(File.Exists(_machine.Kernels));
        Assert.False(File.Exists(NoCompiler));
    }

    [Fact]
    public void On_a_terminal_no_is_remembered()
    {
        WithoutCompilerButApt();
        string output = StartOnTerminal("n\n");
        Assert.Contains("install g++ with apt-get now? [Y/n]", output, StringComparison.Ordinal);
        Assert.True(File.Exists(NoCompiler));
        // The next change of the kernels would be an occasion to ask again.
        _machine.Write("clone/native/kernels/gelu.cpp", "changed");
        output = StartOnTerminal("y\n");
        Assert.DoesNotContain("[Y/n]", output, StringComparison.Ordinal);
        Assert.Contains("to have the kernels: ", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_machine.Kernels));
        Assert.DoesNotContain(_machine.Calls, call => call.StartsWith("apt-get", StringComparison.Ordinal));
    }

    private void WithoutCompilerButApt()
    {
        _machine.RemoveTool("g++");
        _machine.AddCompiler("apt/g++");
        _machine.AddTool("apt-get", """printf 'apt-get %s\n' "$*" >> "$CALLS"; mv "${0%/*}/apt/g++" "${0%/*}/g++" """);
    }

    private string StartOnTerminal(string answer)
    {
        LauncherCopy.Result result = _machine.StartOnTerminal(answer, ("MISSING", "g++"));
        Assert.True(result.ExitCode == 7, result.Output);
        return result.Output;
    }
}
