using System.Text.RegularExpressions;

namespace Sharpless.Cli.Sweep;

/// <summary>One run of a sweep.</summary>
/// <param name="Arguments">Options of <c>sharpless train</c>.</param>
/// <param name="Coordinates">What tells it from the others of the sweep: values by option, in the order given.</param>
internal sealed partial record SweepPoint(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Coordinates)
{
    /// <summary>Name of its folder, made of the coordinates; "run" where the sweep has one run only.</summary>
    internal string Name => Coordinates.Count == 0 ? "run" : string.Join('_', Coordinates.Select(item => $"{item.Key}-{Unsafe().Replace(item.Value, "-")}"));

    internal SweepPoint With(string name, string value, bool isAxis) => new(
        [.. Arguments, $"{name}={value}"],
        isAxis ? new Dictionary<string, string>(Coordinates) { [name[2..]] = value } : Coordinates);

    internal SweepPoint Without(string name) =>
        this with { Arguments = [.. Arguments.Where(argument => argument != name && !argument.StartsWith($"{name}=", StringComparison.Ordinal))] };

    // What a file name may not hold, or what would make it awkward in a shell.
    [GeneratedRegex(@"[^\w.+-]+")]
    private static partial Regex Unsafe();
}
