namespace Sharpless.Cli.Tests.Launcher;

// With the packages that ./test needs.
public sealed class PackageTests : IDisposable
{
    private const string Missing = "chromium clang-format";

    // Writes down the call and what marks it as one that asks no questions.
    private const string AptGet = """printf 'apt-get %s %s\n' "$DEBIAN_FRONTEND" "$*" >> "$CALLS" """;

    private readonly LauncherCopy _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Root_installs_exactly_what_is_missing_with_one_call()
    {
        _machine.AddTool("apt-get", AptGet);
        LauncherCopy.Result result = _machine.Prepare("tests", ("MISSING", Missing));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("sharpless:   chromium: opens the report in a test\n", result.Error, StringComparison.Ordinal);
        string call = Assert.Single(_machine.Calls, call => call.StartsWith("apt-get", StringComparison.Ordinal));
        Assert.StartsWith("apt-get noninteractive install -y --no-install-recommends ", call, StringComparison.Ordinal);
        Assert.EndsWith($" {Missing}", call, StringComparison.Ordinal);
    }

    [Fact]
    public void Package_lists_are_fetched_only_if_the_packages_are_not_found_without()
    {
        _machine.AddTool("apt-get", AptGet + "\n[[ $1 != install ]] || grep -q update \"$CALLS\"");
        Assert.Equal(0, _machine.Prepare("tests", ("MISSING", Missing)).ExitCode);
        Assert.Equal(["install", "update", "install"], _machine.Calls.Where(call => call.StartsWith("apt-get", StringComparison.Ordinal)).Select(call => call.Split(' ')[2]));
    }

    [Fact]
    public void Others_install_through_sudo()
    {
        _machine.AddTool("id", "echo 1000");
        _machine.AddTool("sudo", """[[ $1 == -n ]] && exit; printf 'sudo ' >> "$CALLS"; "$@" """);
        _machine.AddTool("apt-get", AptGet);
        LauncherCopy.Result result = _machine.Prepare("tests", ("MISSING", Missing));
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("sudo apt-get noninteractive install", _machine.Calls[0], StringComparison.Ordinal);
        Assert.Contains("needs root", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no sudo")]
    [InlineData("sudo wants a password and nobody is there to type it")]
    public void Without_root_the_packages_are_named_and_nothing_is_built(string machine)
    {
        _machine.AddTool("id", "echo 1000");
        _machine.AddTool("apt-get", AptGet);
        if (machine != "no sudo") _machine.AddTool("sudo", "exit 1");
        LauncherCopy.Result result = _machine.Prepare("tests", ("MISSING", Missing));
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains($"installing them needs root: {Missing}\n", result.Error, StringComparison.Ordinal);
        Assert.Contains($"hint: as root: apt-get install --no-install-recommends {Missing}\n", result.Error, StringComparison.Ordinal);
        Assert.Empty(_machine.Calls);
    }

    [Fact]
    public void Without_apt_the_packages_are_named_and_the_way_round_them()
    {
        LauncherCopy.Result result = _machine.Prepare("tests", ("MISSING", Missing));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"there is no apt-get here: {Missing}\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("SHARPLESS_SKIP_PACKAGES=1", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, _machine.Prepare("tests", ("MISSING", Missing), ("SHARPLESS_SKIP_PACKAGES", "1")).ExitCode);
    }
}
