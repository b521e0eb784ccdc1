using Sharpless.Cli.Hosting;

namespace Sharpless.Cli.Sweep;

/// <summary>
/// Options without effect in a grid. One that acts at some of its points is left out at the others, where another axis takes its effect
/// (<c>--sam-variant sam,asam --sam-eta 0.1</c>). One that acts nowhere is refused; so is one with several values that acts at some points alone, because runs of
/// those values would be the same.
/// </summary>
internal static class SweepEffects
{
    /// <param name="points">The grid.</param>
    /// <param name="axes">Names of the options with several values, without dashes.</param>
    /// <param name="idle">Options among arguments that have no effect.</param>
    /// <exception cref="UsageException">An option is refused.</exception>
    internal static IReadOnlyList<SweepPoint> WithoutIdle(IReadOnlyList<SweepPoint> points, IReadOnlyList<string> axes, Func<IReadOnlyList<string>, IReadOnlyList<IdleOption>> idle)
    {
        IReadOnlyList<IdleOption>[] found = [.. points.Select(point => idle(point.Arguments))];
        foreach (IdleOption option in found.SelectMany(options => options).DistinctBy(option => option.Option))
        {
            bool isEverywhere = found.All(options => options.Any(other => other.Option == option.Option));
            if (isEverywhere || axes.Contains(option.Option[2..])) throw option.Refusal();
        }

        return [.. points.Select((point, i) => found[i].Aggregate(point, (rest, option) => rest.Without(option.Option)))];
    }
}
