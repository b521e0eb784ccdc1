using System.CommandLine;

namespace Sharpless.Cli.Hosting;

/// <summary>Options of the command line beside what each of them sets in a record of the library.</summary>
/// <typeparam name="TOptions">The record.</typeparam>
internal class OptionTable<TOptions>
{
    private readonly List<Option> _options = [];
    private readonly List<Func<ParseResult, TOptions, TOptions>> _setters = [];

    internal IReadOnlyList<Option> Options => _options;

    /// <param name="option">As people write it.</param>
    /// <param name="set">Puts its value into the record.</param>
    internal void Add<T>(Option<T> option, Func<TOptions, T, TOptions> set)
    {
        _options.Add(option);
        _setters.Add((parsed, record) => parsed.GetValue(option) is { } value ? set(record, value) : record);
    }

    /// <summary>An option without a value of its own: where it is not given, the record keeps its own.</summary>
    /// <inheritdoc cref="Add"/>
    internal void AddIfGiven<T>(Option<T> option, Func<TOptions, T, TOptions> set)
    {
        _options.Add(option);
        _setters.Add((parsed, record) => parsed.GetResult(option) is { Implicit: false } ? set(record, parsed.GetValue(option)!) : record);
    }

    /// <summary>What follows from an option that is on the command line, whatever its value.</summary>
    internal void OnGiven(Option option, Func<TOptions, TOptions> set) =>
        _setters.Add((parsed, record) => parsed.GetResult(option) is { Implicit: false } ? set(record) : record);

    /// <summary>A switch that is off unless given.</summary>
    internal void AddFlag(string name, string description, Func<TOptions, bool, TOptions> set) => Add(new Option<bool>(name) { Description = description }, set);

    /// <summary>The record, all set as parsed.</summary>
    internal TOptions Read(ParseResult parsed, TOptions defaults) => _setters.Aggregate(defaults, (record, set) => set(parsed, record));
}
