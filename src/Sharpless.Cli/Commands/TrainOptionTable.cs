using System.CommandLine;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of the command line beside what each of them sets in <see cref="TrainOptions"/>.</summary>
internal sealed class TrainOptionTable
{
    private readonly List<Option> _options = [];
    private readonly List<Func<ParseResult, TrainOptions, TrainOptions>> _setters = [];

    internal IReadOnlyList<Option> Options => _options;

    /// <param name="option">As people write it.</param>
    /// <param name="set">Puts its value into the options of a run.</param>
    internal void Add<T>(Option<T> option, Func<TrainOptions, T, TrainOptions> set)
    {
        _options.Add(option);
        _setters.Add((parsed, train) => parsed.GetValue(option) is { } value ? set(train, value) : train);
    }

    /// <summary>A switch that is off unless given.</summary>
    internal void AddFlag(string name, string description, Func<TrainOptions, bool, TrainOptions> set) => Add(new Option<bool>(name) { Description = description }, set);

    /// <summary>The options of a run, all set as parsed.</summary>
    internal TrainOptions Read(ParseResult parsed, TrainOptions options) => _setters.Aggregate(options, (train, set) => set(parsed, train));
}
