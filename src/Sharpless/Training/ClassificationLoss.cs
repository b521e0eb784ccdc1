using Sharpless.Torch;

namespace Sharpless.Training;

/// <summary>Loss of logits against labels: the family of the published program (arXiv:2305.16292).</summary>
/// <remarks>
/// z are the logits, p their softmax, y the label. <c>ce</c> is -log p_y; with two classes, where it is the logistic loss, it is computed as that:
/// log(1 + exp(-s (z1 - z0))) with s = 2y - 1. <c>ce_offset</c>, of two classes, adds an offset inside the exponential. <c>gce</c>
/// is (1 - p_y^q) / q (arXiv:1805.07836, equation 6). <c>smallest_k_ce</c> is the mean of the smallest cross entropies of a batch.
/// <c>square_loss</c> is half of the mean over classes of (z - onehot(y))². All are means over the batch.
/// </remarks>
public sealed record ClassificationLoss
{
    /// <summary>Every name that the command line knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["ce", "ce_offset", "gce", "smallest_k_ce", "square_loss"];

    /// <summary>One of <see cref="Names"/>. Default <c>ce</c>.</summary>
    public string Name { get; init; } = "ce";

    /// <summary>Share of the label that <c>ce</c> spreads evenly over all classes, from 0 to below 1. Default 0.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Offset of <c>ce_offset</c>. Default 0.</summary>
    public double Offset { get; init; }

    /// <summary>q of <c>gce</c>, above 0 and at most 1 (q = 1 is 1 - p_y; towards 0 it becomes cross entropy). -1: not set.</summary>
    public double Q { get; init; } = -1;

    /// <summary>Share of a batch, that with the highest losses, which <c>smallest_k_ce</c> leaves out; from 0 to below 1. Default 0.</summary>
    public double DroppedShare { get; init; }

    /// <summary>Mean loss of a batch.</summary>
    /// <param name="logits">[B, K] Float32.</param>
    /// <param name="labels">[B] Int64.</param>
    public Tensor Of(Tensor logits, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        return Name switch
        {
            "ce" => logits.size(1) == 2 ? Logistic(logits, labels, 0) : nn.functional.cross_entropy(logits, labels, label_smoothing: LabelSmoothing),
            "ce_offset" => Logistic(logits, labels, Offset),
            "gce" => ((ProbabilityOfLabel(logits, labels).pow(Q) - 1) * (-1 / Q)).mean(),
            "smallest_k_ce" => Smallest(nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.None)).mean(),
            "square_loss" => (logits - nn.functional.one_hot(labels, logits.size(1)).To(logits.dtype)).pow(2).mean() * 0.5,
            _ => throw new ArgumentException($"There is no loss '{Name}'; known: {string.Join(", ", Names)}."),
        };
    }

    /// <summary>Every problem; empty if there is none.</summary>
    /// <param name="classes">K, or null while it is not known.</param>
    internal IEnumerable<string> Problems(int? classes = null)
    {
        if (!Names.Contains(Name)) yield return $"There is no loss '{Name}'; known: {string.Join(", ", Names)}.";
        if (!(LabelSmoothing >= 0 && LabelSmoothing < 1)) yield return $"--label-smoothing is {LabelSmoothing}; it must be from 0 to below 1.";
        if (!(DroppedShare >= 0 && DroppedShare < 1)) yield return $"--frac-rm-per-batch is {DroppedShare}; it must be from 0 to below 1.";
        if (!double.IsFinite(Offset)) yield return $"--loss-offset is {Offset}; it must be finite.";
        if (LabelSmoothing > 0 && Name != "ce") yield return $"--label-smoothing belongs to --loss ce; the loss is {Name}.";
        if (LabelSmoothing > 0 && classes == 2) yield return "--label-smoothing has no meaning with two classes, where the loss is the logistic one.";
        if (Offset != 0 && Name != "ce_offset") yield return $"--loss-offset belongs to --loss ce_offset; the loss is {Name}.";
        if (Name == "ce_offset" && classes is not (null or 2)) yield return $"--loss ce_offset is a loss of two classes; the data set has {classes}.";
        if (Q != -1 && Name != "gce") yield return $"--gce-q belongs to --loss gce; the loss is {Name}.";
        if (Name == "gce" && !(Q > 0 && Q <= 1)) yield return $"--loss gce needs --gce-q above 0 and at most 1; it is {(Q == -1 ? "not given" : Q)}.";
        if (DroppedShare > 0 && Name != "smallest_k_ce") yield return $"--frac-rm-per-batch belongs to --loss smallest_k_ce; the loss is {Name}.";
    }

    private static Tensor Logistic(Tensor logits, Tensor labels, double offset)
    {
        Tensor sign = (labels.To(logits.dtype) * 2) - 1, margin = sign * (logits.select(1, 1) - logits.select(1, 0));
        return -nn.functional.logsigmoid((margin - offset)).mean();
    }

    private static Tensor ProbabilityOfLabel(Tensor logits, Tensor labels) =>
        logits.log_softmax(1).gather(1, labels.reshape(-1, 1)).exp();

    // k = B - int(share * B), as published.
    private Tensor Smallest(Tensor losses)
    {
        long count = losses.NumberOfElements, kept = count - (long)(DroppedShare * count);
        return losses.topk((int)kept, 0, largest: false).values;
    }
}
