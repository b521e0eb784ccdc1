using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sharpless.Cli.Hosting;

/// <summary>What a command line says, by the names of its options.</summary>
internal sealed class GivenOptions(ParseResult parsed)
{
    /// <summary>Whether one of these options stands on the command line, whatever its value.</summary>
    internal bool Has(params IReadOnlyList<string> names) => names.Any(name => Find(name) is { } option && parsed.GetResult(option) is { Implicit: false });

    /// <summary>Whether a switch is on.</summary>
    internal bool IsOn(string name) => Value<bool>(name);

    /// <summary>The value of an option, given or its default.</summary>
    internal T? Value<T>(string name) => Find(name) is Option<T> option ? parsed.GetValue(option) : default;

    /// <summary>The value of an argument; null where it is not given.</summary>
    internal string? Argument(string name) => parsed.CommandResult.Command.Arguments.FirstOrDefault(argument => argument.Name == name) is Argument<string> found ? parsed.GetValue(found) : null;

    // Not the parser's own look-up by name, which ends in an exception where the command has no such option.
    private Option? Find(string name)
    {
        for (SymbolResult? result = parsed.CommandResult; result is not null; result = result.Parent)
        {
            if (result is CommandResult command && command.Command.Options.FirstOrDefault(option => option.Name == name) is { } found) return found;
        }

        return null;
    }
}
