namespace Sharpless.Cli.Hosting;

/// <summary>Options that do something only beside others.</summary>
/// <param name="Options">Their names, with dashes.</param>
/// <param name="WhyNone">Null where they have an effect; else what takes it from them, as it follows "has no effect": <c>without --sam-rho</c>, <c>with --optimizer adam</c>.</param>
/// <param name="Remedy">How to mend the command line; null for leaving the option out.</param>
internal sealed record EffectRule(IReadOnlyList<string> Options, Func<GivenOptions, string?> WhyNone, Func<GivenOptions, string>? Remedy = null);

/// <summary>An option on a command line that has no effect there.</summary>
/// <param name="Option">Its name, with dashes.</param>
/// <param name="Why">See <see cref="EffectRule.WhyNone"/>.</param>
/// <param name="Remedy">How to mend the command line.</param>
internal sealed record IdleOption(string Option, string Why, string Remedy)
{
    internal UsageException Refusal() => new($"{Option} has no effect {Why}.", Remedy);
}
