using Sharpless.Cli.Hosting;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of the command line beside what each of them sets in <see cref="TrainOptions"/>.</summary>
<<<<<<< HEAD
internal sealed class TrainOptionTable : OptionTable<TrainOptions>;
=======
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

    /// <summary>What follows from an option that is on the command line, whatever its value.</summary>
    internal void OnGiven(Option option, Func<TrainOptions, TrainOptions> set) =>
        _setters.Add((parsed, train) => parsed.GetResult(option) is { Implicit: false } ? set(train) : train);

    /// <summary>A switch that is off unless given.</summary>
    internal void AddFlag(string name, string description, Func<TrainOptions, bool, TrainOptions> set) => Add(new Option<bool>(name) { Description = description }, set);

    /// <summary>The options of a run, all set as parsed.</summary>
    internal TrainOptions Read(ParseResult parsed, TrainOptions options) => _setters.Aggregate(options, (train, set) => set(parsed, train));
}
>>>>>>> b49de0d (Training options of the published program: Adam, ascents of SAM, m-SAM, losses, penalties, noise, averaged weights, snapshots, --debug; leftovers refused with the reason)
