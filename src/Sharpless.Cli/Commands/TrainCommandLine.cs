using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Reads arguments of <c>sharpless train</c> without running it: what a sweep does for each of its runs before the first one starts.</summary>
internal sealed class TrainCommandLine
{
    private readonly TrainCommandOptions _options = new();
    private readonly Command _root = new(Root.Name);
    private readonly Command _train = new("train");
    private readonly EffectTable _effects = TrainEffects.Create();

    internal TrainCommandLine()
    {
        _options.AddTo(_train);
        foreach (Option option in CommonOptions.All) _root.Options.Add(option);
        _root.Subcommands.Add(_train);
    }

    /// <summary>The options of a run that decide its outcome.</summary>
    internal IReadOnlyCollection<Option> Options => [.. _train.Options];

    /// <summary>What arguments mean.</summary>
    /// <exception cref="UsageException">An unknown option, a value out of range, or an option without effect.</exception>
    internal TrainOptions Read(IReadOnlyList<string> arguments)
    {
        ParseResult parsed = Parse(arguments);
        if (_effects.Idle(parsed) is [var idle, ..]) throw idle.Refusal();
        TrainOptions options = _options.Read(parsed, Session.Of(parsed));
        if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless train --help.");
        return options;
    }

    /// <summary>Options among the arguments that have no effect.</summary>
    /// <exception cref="UsageException">An unknown option or a value out of range.</exception>
    internal IReadOnlyList<IdleOption> Idle(IReadOnlyList<string> arguments) => _effects.Idle(Parse(arguments));

    private ParseResult Parse(IReadOnlyList<string> arguments)
    {
        ParseResult parsed = _root.Parse(["train", .. arguments]);
        return ParseErrors.Of(parsed, arguments) is (string error, string hint) ? throw new UsageException(error, hint) : parsed;
    }
}
