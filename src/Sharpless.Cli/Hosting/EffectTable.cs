using System.CommandLine;
using System.Runtime.CompilerServices;

namespace Sharpless.Cli.Hosting;

/// <summary>
/// Which options of a command have an effect only beside others. One that is given and has none is refused before work begins: whoever gives an option wants
/// something of it. What an option depends on may be given with the value that switches it off: <c>--sam-rho 0</c> is the baseline of a comparison.
/// </summary>
internal sealed class EffectTable
{
    private static readonly ConditionalWeakTable<Command, EffectTable> Tables = [];

    private readonly List<EffectRule> _rules = [];

    internal IReadOnlyList<EffectRule> Rules => _rules;

    /// <summary>The table of a command; null where all its options always have an effect.</summary>
    internal static EffectTable? Of(Command command) => Tables.TryGetValue(command, out EffectTable? table) ? table : null;

    /// <summary>Makes this the table of a command.</summary>
    internal void Govern(Command command) => Tables.Add(command, this);

    /// <inheritdoc cref="EffectRule"/>
    internal EffectTable Add(IReadOnlyList<string> options, Func<GivenOptions, string?> whyNone, Func<GivenOptions, string>? remedy = null)
    {
        _rules.Add(new EffectRule(options, whyNone, remedy));
        return this;
    }

    /// <summary>Options that do something only where one of others is given.</summary>
    internal EffectTable Beside(IReadOnlyList<string> options, params IReadOnlyList<string> others) =>
        Add(options, given => given.Has(others) ? null : $"without {OneOf(others)}", _ => $"Leave it out, or add {OneOf(others)}.");

    /// <summary>Options that do nothing where another is given.</summary>
    internal EffectTable NotBeside(IReadOnlyList<string> options, string other) =>
        Add(options, given => given.Has(other) ? $"with {other}" : null, _ => $"Leave one of the two out.");

    /// <summary>Options that belong to some values of another.</summary>
    internal EffectTable Only(IReadOnlyList<string> options, string selector, params IReadOnlyList<string> values) => Add(
        options,
        given => values.Contains(given.Value<string>(selector)) ? null : $"with {selector} {given.Value<string>(selector)}",
        _ => $"Leave it out, or add {selector} {OneOf(values)}.");

    /// <summary>The options of a command line that have no effect, the first rule of each.</summary>
    internal IReadOnlyList<IdleOption> Idle(ParseResult parsed)
    {
        var given = new GivenOptions(parsed);
        return
        [
            .. from rule in _rules
               from option in rule.Options
               where given.Has(option)
               let why = rule.WhyNone(given)
               where why is not null
               group new IdleOption(option, why, rule.Remedy?.Invoke(given) ?? "Leave it out.") by option into same
               select same.First(),
        ];
    }

    private static string OneOf(IReadOnlyList<string> names) => string.Join(" or ", names);
}
