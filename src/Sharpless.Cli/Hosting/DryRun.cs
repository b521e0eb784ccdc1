using System.CommandLine;
using System.CommandLine.Help;
using System.Text.Json;

namespace Sharpless.Cli.Hosting;

/// <summary><c>--dry-run</c>: prints the resolved configuration, and nothing else happens.</summary>
internal static class DryRun
{
    private const string Name = "--dry-run";

    // How a command is called and how it prints, not what it does.
    private static readonly string[] NotShown = [Name, CommonOptions.Json.Name, CommonOptions.Verbose.Name];

    /// <summary>The option, the same for every command that has it.</summary>
    internal static Option<bool> Option() => new(Name) { Description = "Check the arguments, print the resolved configuration and stop." };

    /// <summary>Whether the command line asks for it.</summary>
    internal static bool IsAsked(ParseResult parsed) => new GivenOptions(parsed).IsOn(Name);

    /// <param name="session">Where to print; its command's options and arguments are shown too, with their values.</param>
    /// <param name="command">The command, as it is called.</param>
    /// <param name="resolved">What the options mean, by their names without the dashes, where it is more than their values.</param>
    internal static int Write(Session session, string command, IReadOnlyDictionary<string, JsonElement>? resolved = null)
    {
        Dictionary<string, JsonElement> options = resolved is null ? [] : new(resolved);
        foreach ((string name, object? value) in Values(session.Parsed)) options.TryAdd(name, JsonOutput.Element(Plain(value)));
        session.WriteJson(new Dictionary<string, object> { ["command"] = command, ["options"] = options });
        if (!session.Json)
        {
            foreach ((string name, JsonElement value) in options) session.Output.WriteLine($"--{name} {value}");
        }

        return ExitCode.Done;
    }

    private static IEnumerable<(string Name, object? Value)> Values(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        foreach (Argument argument in command.Arguments) yield return (argument.Name, parsed.CommandResult.GetValue<object?>(argument.Name));
        foreach (Option option in command.Options.Concat(CommonOptions.All).Where(option => !option.Hidden && option is not HelpOption && !NotShown.Contains(option.Name)))
            yield return (option.Name[2..], parsed.GetValue<object?>(option.Name));
    }

    // Values of types of our own stand as users write them.
    private static object? Plain(object? value) => value is null or string or bool or int or long or double or System.Collections.IEnumerable ? value : value.ToString();
}
