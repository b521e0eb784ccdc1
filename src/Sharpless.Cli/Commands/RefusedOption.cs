using System.CommandLine;

namespace Sharpless.Cli.Commands;

/// <summary>Options that a command does not have, or no longer: refused with the reason.</summary>
internal static class RefusedOption
{
    /// <summary>Adds one, hidden in the help, so that it is told from misspelled ones.</summary>
    /// <param name="command">Gets it.</param>
    /// <param name="name">Without dashes.</param>
    /// <param name="reason">Why it is refused, and what to take instead.</param>
    internal static void AddTo(Command command, string name, string reason)
    {
        var option = new Option<string[]>($"--{name}")
        {
            Description = $"Not supported: {reason}.",
            Hidden = true,
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = _ => [],
        };
        option.Validators.Add(result => result.AddError($"--{name} is not supported: {reason}."));
        command.Options.Add(option);
    }
}
