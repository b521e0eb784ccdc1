using System.CommandLine;

namespace Sharpless.Cli.Sweep;

/// <summary>
/// The grid that a command line with comma lists spans: <c>--sam-rho 0,0.1 --seed 0,1 --epochs 5</c> is four runs. Every option of
/// <c>sharpless train</c> takes such a list but those that are lists themselves (<c>--taps</c>).
/// </summary>
internal sealed class SweepGrid
{
    private readonly List<(string Name, string[] Values)> _options = [];

    /// <param name="tokens">Options and their values, as they were given.</param>
    /// <param name="known">The options of a run.</param>
    /// <exception cref="UsageException">Something that is no option, an option given twice, or an empty place in a list.</exception>
    internal SweepGrid(IReadOnlyList<string> tokens, IReadOnlyCollection<Option> known)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            if (!tokens[i].StartsWith("--", StringComparison.Ordinal)) throw new UsageException($"'{tokens[i]}' is no option.", "Separate the values of an option by commas, without spaces: --sam-rho 0,0.1,0.4");
            string[] parts = tokens[i].Split('=', 2);
            string name = parts[0];
            // A value may begin with one minus (-1), an option with two.
            string? value = parts.Length == 2 ? parts[1] : i + 1 < tokens.Count && !tokens[i + 1].StartsWith("--", StringComparison.Ordinal) ? tokens[++i] : null;
            if (_options.Any(option => option.Name == name)) throw new UsageException($"{name} is given twice.", $"Give its values as one list: {name} A,B");
            bool isList = known.FirstOrDefault(option => option.Name == name)?.ValueType == typeof(string[]);
            _options.Add((name, value is null ? [] : isList ? [value] : value.Split(',')));
            if (_options[^1].Values is { Length: > 1 } values && values.Contains("")) throw new UsageException($"A value of {name} is empty: '{value}'.", "Separate the values by single commas.");
            if (_options[^1].Values.GroupBy(text => text).FirstOrDefault(same => same.Count() > 1) is { } twice) throw new UsageException($"{name} has the value '{twice.Key}' twice.", "Name each value once.");
        }
    }

    /// <summary>Names of the options with several values, without the dashes.</summary>
    internal IReadOnlyList<string> Axes => [.. _options.Where(option => option.Values.Length > 1).Select(option => option.Name[2..])];

    /// <summary>Every combination; the last option given varies fastest.</summary>
    internal IEnumerable<SweepPoint> Points()
    {
        IEnumerable<SweepPoint> points = [new SweepPoint([], new Dictionary<string, string>())];
        foreach ((string name, string[] values) in _options)
        {
            points = values.Length == 0
                ? points.Select(point => point with { Arguments = [.. point.Arguments, name] })
                : points.SelectMany(_ => values, (point, value) => point.With(name, value, isAxis: values.Length > 1)).ToList();
        }

        return points;
    }
}
