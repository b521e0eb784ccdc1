using System.CommandLine;
using System.CommandLine.Parsing;
using Sharpless.Torch;

namespace Sharpless.Cli.Hosting;

/// <summary>What is wrong with a command line, and the option or command that was probably meant.</summary>
internal static class ParseErrors
{
    internal static (string Error, string Hint) Explain(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        bool isRoot = command.Name == Root.Name;
        string help = isRoot ? "sharpless --help" : $"sharpless {command.Name} --help";
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string unknown = parsed.UnmatchedTokens[0].Split('=')[0];
            bool isOption = unknown.StartsWith('-');
            IEnumerable<string> known = isOption ? OptionNames(parsed) : command.Subcommands.Select(child => child.Name);
            string what = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
            string hint = NearestName.Of(unknown, known) is string near ? $"Did you mean {near}? All of them: {help}" : $"All of them: {help}";
            return ($"Unknown {what} '{unknown}'{(isRoot ? "" : $" of {command.Name}")}.", hint);
        }

        return (parsed.Errors[0].Message, $"See {help}");
    }

    private static IEnumerable<string> OptionNames(ParseResult parsed)
    {
        for (SymbolResult? result = parsed.CommandResult; result is not null; result = result.Parent)
        {
            if (result is not CommandResult of) continue;
            foreach (Option option in of.Command.Options) yield return option.Name;
        }
    }
}
