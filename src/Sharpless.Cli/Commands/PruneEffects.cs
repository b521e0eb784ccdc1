using Sharpless.Cli.Hosting;
using Sharpless.Pruning;

namespace Sharpless.Cli.Commands;

/// <summary>Which options of <c>sharpless prune</c> have an effect only beside others.</summary>
internal static class PruneEffects
{
    private const string Schedule = "--schedule";

    internal static EffectTable Create() => new EffectTable()
        .Add(["--amount"], given => given.Value<PruneScope>("--scope") is { Kind: PruneScopeKind.NM } scope ? $"with --scope {scope}, which says itself how much is pruned" : null)
        .Only(["--rounds", "--rewind"], Schedule, PruneScheduleOptions.Iterative)
        .Only(["--prune-every"], Schedule, PruneScheduleOptions.Cubic)
        .Only(["--epochs", "--lr-max", "--sam-rho", "--resume"], Schedule, PruneScheduleOptions.Iterative, PruneScheduleOptions.Cubic)
        .Beside(["--passes", "--image"], "--measure")
        .Add(["--dataset", "--data-dir"], given => ReadsData(given) ? null : $"without training or --reestimate-bn", _ => "Leave it out; pruning alone reads no data.")
        .Add(["--batch-size", "--model-width"], given => ReadsData(given) || given.IsOn("--measure") ? null : "without --measure, training or --reestimate-bn")
        .Add(["--image", "--model-width"], given => Directory.Exists(given.Argument("FILE|RUN")) ? "with a run, which tells it" : null);

    private static bool ReadsData(GivenOptions given) => given.Value<string>(Schedule) != PruneScheduleOptions.OneShot || given.IsOn("--reestimate-bn");
}
