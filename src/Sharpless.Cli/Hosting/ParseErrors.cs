using System.CommandLine;
using System.CommandLine.Parsing;
using Sharpless.Torch;

namespace Sharpless.Cli.Hosting;

/// <summary>What is wrong with a command line, and the option or command that was probably meant.</summary>
internal static class ParseErrors
{
    /// <summary>What is wrong and how to mend it; null where nothing is.</summary>
    /// <param name="parsed">The command line, parsed.</param>
    /// <param name="arguments">The command line.</param>
    internal static (string Error, string Hint)? Of(ParseResult parsed, IReadOnlyList<string> arguments) =>
        WrongSwitch(parsed, arguments) ?? (parsed.Errors.Count > 0 ? Explain(parsed) : null);

    // To the parser a switch ends before a value that is neither true nor false, and the value is an argument of the command.
    private static (string Error, string Hint)? WrongSwitch(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        foreach (string[] parts in arguments.Select(argument => argument.Split('=', 2)).Where(parts => parts.Length == 2 && !bool.TryParse(parts[1], out _)))
        {
            if (Options(parsed).Any(option => option.Name == parts[0] && option.ValueType == typeof(bool))) return ($"{parts[0]} is '{parts[1]}'; expected true or false.", $"See {Help(parsed)}");
        }

        return null;
    }

    private static string Help(ParseResult parsed) => parsed.CommandResult.Command.Name == Root.Name ? "sharpless --help" : $"sharpless {parsed.CommandResult.Command.Name} --help";

    private static (string Error, string Hint) Explain(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        bool isRoot = command.Name == Root.Name;
        string help = Help(parsed);
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string unknown = parsed.UnmatchedTokens[0].Split('=')[0];
            bool isOption = unknown.StartsWith('-');
            IEnumerable<string> known = isOption ? Options(parsed).Select(option => option.Name) : command.Subcommands.Select(child => child.Name);
            string what = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
            string hint = NearestName.Of(unknown, known) is string near ? $"Did you mean {near}? All of them: {help}" : $"All of them: {help}";
            return ($"Unknown {what} '{unknown}'{(isRoot ? "" : $" of {command.Name}")}.", hint);
        }

        // A value that is wrong says more than an option that is missing.
        return (Text(parsed.Errors.FirstOrDefault(error => error.SymbolResult is OptionResult { Tokens.Count: > 0 }) ?? parsed.Errors[0]), $"See {help}");
    }

    // The parser's own words name a type of .NET.
    private static string Text(ParseError error) => error.SymbolResult is OptionResult { Tokens: [var token, ..], Option: var option } && error.Message.Contains("as expected type", StringComparison.Ordinal)
        ? $"{option.Name} is '{token.Value}'; expected a number."
        : error.Message;

    private static IEnumerable<Option> Options(ParseResult parsed)
    {
        for (SymbolResult? result = parsed.CommandResult; result is not null; result = result.Parent)
        {
            if (result is not CommandResult of) continue;
            foreach (Option option in of.Command.Options) yield return option;
        }
    }
}
