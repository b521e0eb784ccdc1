using System.CommandLine;
using System.Text.RegularExpressions;
using Sharpless.Cli.Hosting;

namespace Sharpless.Cli.Tests.Conventions;

/// <summary>Every command explains itself, and every option is spelled as scripts expect it.</summary>
public partial class CommandLineTests
{
    [Fact]
    public void Options_are_kebab_case()
    {
        Assert.All(Commands().SelectMany(item => item.Command.Options), option => Assert.Matches(KebabCase(), option.Name));
        Assert.All(new[] { "--sam_rho", "--samRho", "-rho", "--sam-", "--sam--rho" }, name => Assert.DoesNotMatch(KebabCase(), name));
    }

    [Fact]
    public void Options_and_arguments_say_what_they_mean()
    {
        foreach ((string path, Command command) in Commands())
        {
            foreach (Symbol symbol in command.Options.Concat<Symbol>(command.Arguments))
                Assert.False(string.IsNullOrWhiteSpace(symbol.Description), $"{path} {symbol.Name} has no description.");
        }
    }

    [Fact]
    public void The_help_of_every_command_shows_an_example_of_it()
    {
        List<(string Path, Command Command)> commands = [.. Commands().Skip(1)];
        Assert.NotEmpty(commands);
        foreach ((string path, Command command) in commands)
            Assert.True(command.Description?.Contains($"Example: {path}", StringComparison.Ordinal), $"The help of {path} has no line 'Example: {path} ...'.");
    }

    [Fact]
    public void Every_command_takes_the_common_options()
    {
        IEnumerable<string> recursive = Root.Create().Options.Where(option => option.Recursive).Select(option => option.Name);
        Assert.Superset(new HashSet<string> { "--json", "--device", "--precision", "--threads", "--seed", "--verbose" }, recursive.ToHashSet());
    }

    private static IEnumerable<(string Path, Command Command)> Commands() => CommandTree.All().Select(item => ($"{Root.Name} {item.Path}".Trim(), item.Command));

    [GeneratedRegex("^--[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex KebabCase();
}
