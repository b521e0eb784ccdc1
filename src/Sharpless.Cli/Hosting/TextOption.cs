using System.CommandLine;

namespace Sharpless.Cli.Hosting;

/// <summary>Options that are words: any, one of some, or a list of them.</summary>
internal static class TextOption
{
    /// <summary>One word.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">Meaning.</param>
    /// <param name="fallback">Where the option is not given.</param>
    /// <param name="help">Stands for the word in the help.</param>
    /// <param name="accepted">The words that are known; none for any.</param>
    internal static Option<string> Word(string name, string description, string fallback, string help, params string[] accepted)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => fallback, HelpName = help };
        return accepted.Length > 0 ? option.OnlyFrom(accepted) : option;
    }

    /// <summary>True or false, where true may be the default.</summary>
    /// <inheritdoc cref="Word"/>
    internal static Option<bool> Switch(string name, string description, bool fallback) => new(name) { Description = description, DefaultValueFactory = _ => fallback, HelpName = "true|false" };

    /// <summary>Words separated by commas.</summary>
    /// <inheritdoc cref="Word"/>
    internal static Option<string[]> List(string name, string description, string help = "LIST") => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = result => result.Tokens[0].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
    };

    /// <summary>Words separated by commas, each one of some.</summary>
    /// <inheritdoc cref="Word"/>
    internal static Option<string[]> ListOf(string name, string description, params string[] accepted) =>
        new Option<string[]>(name) { Description = description, HelpName = "LIST" }.SomeOf(accepted);
}
