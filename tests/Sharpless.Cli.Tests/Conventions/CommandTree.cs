using System.CommandLine;
using Sharpless.Cli.Hosting;

namespace Sharpless.Cli.Tests.Conventions;

/// <summary>Every command of the program, each by the words that call it: "sparse grid".</summary>
internal static class CommandTree
{
    internal static IEnumerable<(string Path, Command Command)> All() => Below(Root.Create(), "");

    /// <summary>Those that do something.</summary>
    internal static IEnumerable<(string Path, Command Command)> Actions() => All().Where(item => item.Command.Action is not null);

    /// <summary>Options that users see, the common ones aside.</summary>
    internal static IEnumerable<Option> OptionsOf(Command command) => command.Options.Where(option => !option.Hidden && option is not System.CommandLine.Help.HelpOption);

    private static IEnumerable<(string Path, Command Command)> Below(Command command, string path) =>
        command.Subcommands.SelectMany(child => Below(child, $"{path} {child.Name}".Trim())).Prepend((path, command));
}
