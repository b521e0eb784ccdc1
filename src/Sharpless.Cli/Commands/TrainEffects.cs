using Sharpless.Cli.Hosting;
using Sharpless.Data;
using Sharpless.Models;

namespace Sharpless.Cli.Commands;

/// <summary>Which options of a training run have an effect only beside others.</summary>
internal static class TrainEffects
{
    private const string Variant = "--sam-variant";

    // From the papers or the programs published with them, on CIFAR.
    private static readonly Dictionary<string, string> PublishedRadii = new()
    {
        ["sam"] = "0.05 (arXiv:2010.01412)",
        ["asam"] = "0.5 (arXiv:2102.11600)",
        ["asam-all"] = "0.5 (arXiv:2102.11600)",
        ["friendly"] = "0.2 (arXiv:2403.12350)",
        ["gradient-norm"] = "0.05 (arXiv:2202.03599)",
    };

    internal static EffectTable Create() => AddEvaluation(AddDescent(AddSam(new EffectTable())));

    private static EffectTable AddSam(EffectTable table) => table
        .Add(
            [
                Variant, "--sam-iters", "--sam-step-size-mult", "--sam-no-grad-norm", "--usam-project", "--sam-use-prev-batch", "--only-sam-step-size", "--sam-eta", "--sam-alpha",
                "--sam-period", "--sam-sigma", "--sam-lambda", "--sam-bn", "--sam-epoch-frac-start", "--sam-epoch-frac-end",
            ],
            given => given.Has("--sam-rho", "--sam-lr-mult") ? null : "without --sam-rho or --sam-lr-mult",
            RadiusHint)
        .Only(["--sam-eta"], Variant, "asam", "asam-all")
        .Only(["--sam-alpha"], Variant, "gsam", "looksam", "gradient-norm")
        .Only(["--sam-period"], Variant, "looksam")
        .Only(["--sam-sigma", "--sam-lambda"], Variant, "friendly")
        .Only(["--sam-iters", "--sam-step-size-mult", "--sam-no-grad-norm", "--only-sam-step-size"], Variant, "sam")
        .Add(
            ["--sam-step-size-mult"],
            given => given.Value<double>("--sam-step-size-mult") >= 1 && given.Value<int>("--sam-iters") == 1 && !given.IsOn("--sam-no-grad-norm")
                ? "above 1 with one ascent step, which ends at the radius"
                : null,
            _ => "Leave it out, or add --sam-iters 2.")
        .Beside(["--usam-project"], "--sam-no-grad-norm")
        .Add([Variant], given => given.Value<string>(Variant) == "norm-layers" && !ModelCatalog.HasNormalization(Model(given)) ? $"on {Model(given)}, which has no normalization layers" : null)
        .Add(["--sam-bn"], given => given.Value<string>(Variant) == "random" ? $"with {Variant} random, which makes one pass" : null)
        .Add(["--sam-bn", "--freeze-bn-stats"], given => ModelCatalog.HasBatchNorm(Model(given)) ? null : $"on {Model(given)}, which has no batch norm")
        .NotBeside(["--sam-bn"], "--freeze-bn-stats")
        .Beside(["--freeze-bn-mode"], "--freeze-bn-stats");

    private static EffectTable AddDescent(EffectTable table) => table
        .Only(["--momentum"], "--optimizer", "sgd")
        .Add(
            ["--warmup-factor", "--warmup-exp"],
            given => given.Value<string>("--lr-schedule")!.StartsWith("piecewise_0", StringComparison.Ordinal) ? null : $"with --lr-schedule {given.Value<string>("--lr-schedule")}",
            _ => "Leave it out, or add a schedule with such a phase, such as --lr-schedule piecewise_05epochs.")
        .Add(
            ["--warmup-factor"],
            given => given.Value<double>("--warmup-exp") != 1 ? "with a --warmup-exp other than 1, which says itself how much the rate grows" : null,
            _ => "Leave one of the two out.")
        .Beside(["--l2-reg-on"], "--l2-reg")
        .Beside(["--act-reg-block", "--act-reg-start-from"], "--act-reg")
        .Add(["--act-reg-block"], given => PenalizesAll(given) ? $"on {Model(given)}, whose ReLUs are all penalised" : null, _ => "Leave it out; --act-reg-start-from says from which one on.")
        .Add(["--act-reg-start-from"], given => PenalizesAll(given) ? null : $"on {Model(given)}", _ => "Leave it out, or add --model vgg16_act_reg.")
        .Beside(["--weight-perturb-distr"], "--add-weight-perturb-scale", "--mul-weight-perturb-scale")
        .Beside(["--randaug-scale"], "--randaug")
        .Beside(["--noise-type"], "--p-label-noise")
        .Beside(["--mask"], "--init")
        .Add(["--frac-val"], given => BringsValidation(given) ? $"with --dataset {given.Value<string>("--dataset")}, which brings validation examples of its own" : null);

    private static EffectTable AddEvaluation(EffectTable table) => table
        .Beside(["--taps", "--n-analysis"], "--compute-feature-rank", "--compute-sparsity-metrics")
        .Beside(["--rank-only", "--knn-dataset", "--active-units"], "--compute-feature-rank")
        .Beside(["--sparsity-corr-threshold"], "--compute-sparsity-metrics")
        .NotBeside(["--checkpoint-every", "--save-model-each-k-epochs"], "--debug");

    private static string RadiusHint(GivenOptions given)
    {
        string variant = given.Value<string>(Variant)!;
        string published = PublishedRadii.TryGetValue(variant, out string? radius) ? $" (published for {variant}: {radius})" : "";
        return $"Give the radius with --sam-rho{published} or --sam-lr-mult; 0 trains without SAM, as a baseline.";
    }

    private static bool BringsValidation(GivenOptions given) =>
        DataSets.Known.OfType<KnownImages>().Any(set => set.HasValidation && set.Name == given.Value<string>("--dataset"));

    private static string Model(GivenOptions given) => given.Value<string>("--model")!;

    private static bool PenalizesAll(GivenOptions given) => Model(given) == "vgg16_act_reg";
}
