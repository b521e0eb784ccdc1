using System.CommandLine;

namespace Sharpless.Cli.Hosting;

/// <summary>Options whose values are known words: the help names them, completion offers them, and any other value is refused with them.</summary>
internal static class Choices
{
    // As the placeholder of an option the words stand in the left column of the help, which must stay narrow.
    private const int LongestPlaceholder = 32;

    /// <summary>Lets an option take one of some words.</summary>
    internal static Option<string> OnlyFrom(this Option<string> option, params string[] words)
    {
        string placeholder = string.Join('|', words);
        if (placeholder.Length <= LongestPlaceholder) option.HelpName = placeholder;
        else option.Name(words);
        option.Offer(words);
        option.Validators.Add(result =>
        {
            foreach (string word in result.Tokens.Select(token => token.Value).Except(words)) result.AddError($"{option.Name} is '{word}'; known: {string.Join(", ", words)}.");
        });
        return option;
    }

    /// <summary>Lets an option take several of some words, separated by commas.</summary>
    internal static Option<string[]> SomeOf(this Option<string[]> option, params string[] words)
    {
        option.Name(words);
        option.Offer(words);
        option.CustomParser = result =>
        {
            string[] given = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries);
            foreach (string word in given.Except(words).Take(1)) result.AddError($"{option.Name} names '{word}'; known: {string.Join(", ", words)}, or several separated by commas.");
            return given;
        };
        return option;
    }

    // Where the description does not name them all anyway.
    private static void Name(this Option option, string[] words)
    {
        if (!words.All(word => option.Description!.Contains(word, StringComparison.Ordinal))) option.Description += $" One of {string.Join(", ", words)}.";
    }

    private static void Offer(this Option option, string[] words) => option.CompletionSources.Add(words);
}
