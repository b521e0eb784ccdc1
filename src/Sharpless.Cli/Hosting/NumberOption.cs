using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Sharpless.Cli.Hosting;

/// <summary>Options that are numbers: read with the invariant culture, checked against their range, refused with both.</summary>
internal static class NumberOption
{
    /// <summary>A whole number.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">Meaning and unit.</param>
    /// <param name="fallback">Where the option is not given.</param>
    /// <param name="minimum">Smallest accepted value.</param>
    internal static Option<int> Integer(string name, string description, int fallback, int minimum = 0) =>
        Create(name, "n", description, fallback, value => value >= minimum, NumberStyles.AllowLeadingSign, $"a whole number, {minimum} or more");

    /// <summary>A real number.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">Meaning and unit.</param>
    /// <param name="fallback">Where the option is not given.</param>
    /// <param name="accepts">Which finite values are accepted.</param>
    /// <param name="range">The accepted values in words.</param>
    internal static Option<double> Real(string name, string description, double fallback, Predicate<double> accepts, string range) =>
        Create(name, "x", description, fallback, value => double.IsFinite(value) && accepts(value), NumberStyles.Float, $"a number, {range}");

    /// <summary>The same option without a default of its own: where it is not given, something else decides, and the description says what.</summary>
    internal static Option<T> WithoutDefault<T>(this Option<T> option)
    {
        option.DefaultValueFactory = null;
        return option;
    }

    /// <summary>Real numbers separated by commas; without a default of its own.</summary>
    /// <inheritdoc cref="Real"/>
    internal static Option<double[]> Reals(string name, string description, Predicate<double> accepts, string range) => new(name)
    {
        Description = description,
        HelpName = "x,x,...",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            double[] values = Array.ConvertAll(text.Split(','), part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN);
            if (values.All(value => double.IsFinite(value) && accepts(value))) return values;
            result.AddError($"{name} is '{text}'; expected numbers separated by commas, each {range}.");
            return [];
        },
    };

    private static Option<T> Create<T>(string name, string help, string description, T fallback, Predicate<T> accepts, NumberStyles styles, string expected)
        where T : struct, INumber<T> =>
        new(name)
        {
            Description = description,
            HelpName = help,
            DefaultValueFactory = _ => fallback,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, styles, CultureInfo.InvariantCulture, out T value) && accepts(value)) return value;
                result.AddError($"{name} is '{text}'; expected {expected}.");
                return default;
            },
        };
}
