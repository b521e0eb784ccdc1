using System.CommandLine;

namespace Sharpless.Cli.Commands;

/// <summary>Options of the published training program that are not here: each is refused with the reason.</summary>
internal static class PublishedLeftovers
{
    private const string NoEffect = "it had no effect in the published program";
    private const string NoAttack = "the published program never trained adversarially, its perturbation of the images was always 0";
    private const string Broken = "its path in the published program ends in an error";

    private static readonly (string Name, string Reason)[] Refused =
    [
        .. new[]
        {
            "input-grad-reg-lambda", "trades-lambda", "l2-pairing-lambda", "kl-pairing-lambda", "pairing-noise-std", "pairing-warmup-frac-epochs", "sam-apply-to-pairing",
            "l1-reg", "normalize-x", "final-adv-eval", "eval-early-stopped-model", "n-layers",
        }.Select(name => (name, NoEffect)),
        .. new[]
        {
            "attack", "eps", "at-norm", "attack-iters", "pgd-train-n-iters", "pgd-alpha-train", "attack-init", "universal-at", "at-pred-label", "clean-loss-coeff",
            "alpha-weights-linear-at", "alpha-weights-linear-at1", "alpha-weights-linear-at2",
        }.Select(name => (name, NoAttack)),
        .. new[] { "epoch-rm-noise", "n-rm-pts", "rm-criterion", "export-images" }.Select(name => (name, Broken)),
        .. new[] { "sgd-p-label-noise", "ln-schedule" }.Select(name => (name, "no published run draws label noise anew for each batch; --p-label-noise draws it once")),
        ("half-prec", "use --precision bf16"),
        ("gpu", "use --device cuda:N"),
    ];

    /// <summary>Adds them, hidden in the help, so that they are told from misspelled ones.</summary>
    internal static void AddTo(Command command)
    {
        foreach ((string name, string reason) in Refused) RefusedOption.AddTo(command, name, reason);
    }
}
