using System.CommandLine;
using System.CommandLine.Parsing;

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
            string hint = Nearest(unknown, known) is string near ? $"Did you mean {near}? All of them: {help}" : $"All of them: {help}";
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

    private static string? Nearest(string given, IEnumerable<string> known)
    {
        (string Name, int Distance)[] ranked = [.. known.Select(name => (name, Distance(given, name))).OrderBy(item => item.Item2)];
        return ranked.Length > 0 && ranked[0].Distance <= Math.Max(2, given.Length / 2) ? ranked[0].Name : null;
    }

    // Levenshtein: insertions, deletions and exchanges of single letters.
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int exchanged = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(exchanged, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
