using Sharpless.Cli.Hosting;
using Sharpless.Optimization;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of a training run: sharpness-aware minimization.</summary>
internal static class TrainSamOptions
{
    internal static void AddTo(TrainOptionTable table, TrainOptions defaults)
    {
        table.Add(
            NumberOption.Real("--sam-rho", "Radius of SAM's perturbation, L2 over all weights; 0 trains without SAM.", defaults.SamRho, value => value >= 0, "0 or more"),
            (train, rho) => train with { SamRho = rho });
        table.Add(
            NumberOption.Real("--sam-lr-mult", "Radius as a multiple of the learning rate, instead of --sam-rho.", defaults.SamLearningRateMultiple, value => value >= 0, "0 or more"),
            (train, multiple) => train with { SamLearningRateMultiple = multiple });
        table.Add(
            NumberOption.Real("--sam-epoch-frac-start", "Share of the epochs from which on SAM ascends.", defaults.SamStart, value => value is >= 0 and <= 1, "from 0 to 1"),
            (train, share) => train with { SamStart = share });
        table.Add(
            NumberOption.Real("--sam-epoch-frac-end", "Share of the epochs up to which SAM ascends.", defaults.SamEnd, value => value is >= 0 and <= 1, "from 0 to 1"),
            (train, share) => train with { SamEnd = share });
        table.Add(NumberOption.Integer("--sam-iters", "Ascent steps of SAM.", defaults.SamIterations, minimum: 1), (train, steps) => train with { SamIterations = steps });
        table.Add(
            NumberOption.Real("--sam-step-size-mult", "Length of an ascent step in multiples of the radius; the perturbation stays inside it.", defaults.SamStepMultiple, value => value > 0, "above 0"),
            (train, multiple) => train with { SamStepMultiple = multiple });
        table.AddFlag("--sam-no-grad-norm", "Ascend along the gradient as it is, not divided by its norm (USAM).", (train, on) => train with { SamIsUnnormalized = on });
        table.Add(
            TextOption.Switch("--usam-project", "Whether that perturbation is projected onto the ball of the radius, as published.", defaults.SamProjectsUnnormalized),
            (train, on) => train with { SamProjectsUnnormalized = on });
        table.AddFlag("--sam-use-prev-batch", "Ascend along the gradient of the batch of the step before.", (train, on) => train with { SamUsesPreviousBatch = on });
        table.AddFlag("--only-sam-step-size", "Descend along the gradient at w; only its length is that of the gradient at w + e.", (train, on) => train with { SamKeepsDirection = on });
        table.Add(
            TextOption.Word(
                "--sam-variant", "Relative of SAM: adaptive (asam, which as its published code does not scale biases; asam-all scales every parameter, as its paper says), surrogate gap (gsam), every few steps (looksam), F-SAM (friendly), normalization layers only, penalty on the gradient's norm, or a random direction.",
                "sam", "NAME", "sam", "asam", "asam-all", "gsam", "looksam", "friendly", "norm-layers", "gradient-norm", "random"),
            (train, name) => train with { SamVariant = Enum.Parse<SamVariantKind>(name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true) });
        table.Add(
            NumberOption.Real("--sam-eta", "Added to the absolute weights by asam and asam-all.", defaults.SamEta, value => value >= 0, "0 or more"),
            (train, eta) => train with { SamEta = eta });
        table.Add(
            NumberOption.Real("--sam-alpha", "Weight of the second direction in gsam (0.4), looksam (0.7) and gradient-norm (0.8); -1 for these.", defaults.SamAlpha, value => value is -1 or >= 0, "0 or more"),
            (train, alpha) => train with { SamAlpha = alpha });
        table.Add(NumberOption.Integer("--sam-period", "Steps from one ascent of looksam to the next.", defaults.SamPeriod, minimum: 1), (train, period) => train with { SamPeriod = period });
        table.Add(
            NumberOption.Real("--sam-sigma", "Share of the mean gradient that friendly leaves out of the ascent.", defaults.SamSigma, _ => true, "finite"),
            (train, sigma) => train with { SamSigma = sigma });
        table.Add(
            NumberOption.Real("--sam-lambda", "Share that this mean keeps of itself.", defaults.SamLambda, value => value is >= 0 and < 1, "from 0 to below 1"),
            (train, lambda) => train with { SamLambda = lambda });
        table.Add(
            TextOption.Word("--sam-bn", "In which of SAM's passes batch norm moves its running statistics.", "both", "PASS", "both", "first", "second"),
            (train, pass) => train with { SamStatistics = Enum.Parse<StatisticsPass>(pass, ignoreCase: true) });
    }
}
