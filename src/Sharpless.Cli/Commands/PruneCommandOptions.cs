using System.CommandLine;
using System.CommandLine.Parsing;
using Sharpless.Cli.Hosting;
using Sharpless.Pruning;

namespace Sharpless.Cli.Commands;

/// <summary>The options of <c>sharpless prune</c> that say what is pruned.</summary>
internal sealed class PruneCommandOptions
{
    private readonly Option<double> _amount = NumberOption.Real("--amount", "Share to prune, from 0 to 1; not with N:M.", PruneOptions.DefaultAmount, share => share is >= 0 and <= 1, "from 0 to 1");

    private readonly Option<PruneScope> _scope = new("--scope")
    {
        Description = "What competes: the weights of each layer, all weights (global), the output channels of each layer (channel), or N:M: of every M neighbours the largest N stay.",
        DefaultValueFactory = _ => PruneScope.Layer,
        HelpName = "layer|global|channel|N:M",
        CustomParser = ParseScope,
    };

    private readonly Option<string?> _exempt = new("--exempt") { Description = "Layers or tensors to leave alone, separated by commas; * stands for any text.", HelpName = "NAMES" };

    private readonly Option<bool> _shrink = new("--shrink") { Description = "With --scope channel: take the channels out of the network, so that it is smaller and faster." };

    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _scope, _amount, _exempt, _shrink }) command.Options.Add(option);
    }

    /// <summary>Whether the channels really go.</summary>
    internal bool Shrinks(ParseResult parsed) => parsed.GetValue(_shrink);

    /// <summary>What is pruned.</summary>
    /// <exception cref="UsageException">Options that do not go together.</exception>
    internal PruneOptions Read(ParseResult parsed)
    {
        var options = new PruneOptions
        {
            Scope = parsed.GetValue(_scope)!,
            Amount = parsed.GetResult(_amount) is { Implicit: false } ? parsed.GetValue(_amount) : null,
            Exempt = parsed.GetValue(_exempt)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
        };
        if (Shrinks(parsed) && options.Scope.Kind != PruneScopeKind.Channel) throw new UsageException($"--shrink needs whole channels; the scope is {options.Scope}.", "Add --scope channel, or leave --shrink out.");
        if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless prune --help.");
        return options;
    }

    private static PruneScope? ParseScope(ArgumentResult result)
    {
        try
        {
            return PruneScope.Parse(result.Tokens[0].Value);
        }
        catch (ArgumentException error)
        {
            result.AddError($"--scope: {error.Message.Split(" (Parameter")[0]}");
            return null;
        }
    }
}
