using Sharpless.Cli.Hosting;
using Sharpless.Optimization;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of a training run: the loss, its penalties, and noise.</summary>
internal static class TrainLossOptions
{
    internal static void AddTo(TrainOptionTable table, TrainOptions defaults)
    {
        table.Add(
            TextOption.Word("--loss", "Loss: cross entropy, with an offset (two classes), generalised, of the smallest losses of a batch, or squares.", defaults.LossName, "NAME", [.. ClassificationLoss.Names]),
            (train, name) => train with { LossName = name });
        table.Add(
            NumberOption.Real("--label-smoothing", "Share of the label that ce spreads over all classes.", defaults.LabelSmoothing, value => value is >= 0 and < 1, "from 0 to below 1"),
            (train, share) => train with { LabelSmoothing = share });
        table.Add(
            NumberOption.Real("--gce-q", "q of gce, (1 - p^q) / q; -1 where that is not the loss.", defaults.GeneralizedQ, value => value == -1 || value is > 0 and <= 1, "above 0 and at most 1"),
            (train, q) => train with { GeneralizedQ = q });
        table.Add(NumberOption.Real("--loss-offset", "Offset of ce_offset.", defaults.LossOffset, _ => true, "finite"), (train, offset) => train with { LossOffset = offset });
        table.Add(
            NumberOption.Real("--frac-rm-per-batch", "Share of the highest losses of a batch that smallest_k_ce leaves out.", defaults.DroppedShare, value => value is >= 0 and < 1, "from 0 to below 1"),
            (train, share) => train with { DroppedShare = share });
        table.AddFlag("--normalize-logits", "Divide the logits of each training example by their L2 norm.", (train, on) => train with { NormalizesLogits = on });
        table.Add(
            NumberOption.Real("--act-reg", "Weight of the penalty on squared activations.", defaults.ActivationPenalty, value => value >= 0, "0 or more"),
            (train, weight) => train with { ActivationPenalty = weight });
        table.Add(
            NumberOption.Integer("--act-reg-block", "Block whose activations are penalised.", defaults.ActivationPenaltyBlock, minimum: 1),
            (train, block) => train with { ActivationPenaltyBlock = block });
        table.Add(
            NumberOption.Integer("--act-reg-start-from", "First ReLU of vgg16_act_reg that is penalised, counted from 0.", defaults.ActivationPenaltyStart),
            (train, first) => train with { ActivationPenaltyStart = first });
        table.Add(
            NumberOption.Real("--weight-grad-reg-lambda", "Weight of the penalty on the squared norm of the gradient (second derivatives).", defaults.GradientPenalty, value => value >= 0, "0 or more"),
            (train, weight) => train with { GradientPenalty = weight });
        table.Add(
            NumberOption.Real("--jac-reg-lambda", "Weight of the penalty on the gradients of the mean logits in the images.", defaults.JacobianPenalty, value => value >= 0, "0 or more"),
            (train, weight) => train with { JacobianPenalty = weight });
        table.Add(
            NumberOption.Real("--grad-gauss-std", "Standard deviation of noise on every gradient.", defaults.GradientNoise, value => value >= 0, "0 or more"),
            (train, scale) => train with { GradientNoise = scale });
        table.Add(
            NumberOption.Real("--add-weight-perturb-scale", "Scale of noise added to the weights that gradients are taken at.", defaults.AdditiveWeightNoise, value => value >= 0, "0 or more"),
            (train, scale) => train with { AdditiveWeightNoise = scale });
        table.Add(
            NumberOption.Real("--mul-weight-perturb-scale", "Scale of noise they are multiplied with.", defaults.MultiplicativeWeightNoise, value => value >= 0, "0 or more"),
            (train, scale) => train with { MultiplicativeWeightNoise = scale });
        table.Add(
            TextOption.Word("--weight-perturb-distr", "Distribution of both.", "gauss", "NAME", "gauss", "uniform"),
            (train, name) => train with { WeightNoiseDistribution = Enum.Parse<NoiseDistribution>(name, ignoreCase: true) });
    }
}
