using System.Text.Json.Serialization;
using Sharpless.Models;
using Sharpless.Optimization;

namespace Sharpless.Training;

// What is minimised: the loss, penalties, and noise.
public sealed partial record TrainOptions
{
    /// <summary>Loss, one of <see cref="ClassificationLoss.Names"/>. Default ce.</summary>
    [JsonPropertyName("loss")]
    public string LossName { get; init; } = "ce";

    /// <summary>Share of the label that is spread over all classes. Default 0.</summary>
    [JsonPropertyName("label-smoothing")]
    public double LabelSmoothing { get; init; }

    /// <summary>q of the generalised cross entropy; -1 where it is not the loss.</summary>
    [JsonPropertyName("gce-q")]
    public double GeneralizedQ { get; init; } = -1;

    /// <summary>Offset of the loss ce_offset. Default 0.</summary>
    [JsonPropertyName("loss-offset")]
    public double LossOffset { get; init; }

    /// <summary>Share of the highest losses of a batch that smallest_k_ce leaves out. Default 0.</summary>
    [JsonPropertyName("frac-rm-per-batch")]
    public double DroppedShare { get; init; }

    /// <summary>Whether training divides the logits of each example by their L2 norm. Default no.</summary>
    [JsonPropertyName("normalize-logits")]
    public bool NormalizesLogits { get; init; }

    /// <summary>Weight of the penalty on squared activations. Default 0.</summary>
    [JsonPropertyName("act-reg")]
    public double ActivationPenalty { get; init; }

    /// <summary>Block whose activations are penalised. Default 3.</summary>
    [JsonPropertyName("act-reg-block")]
    public int ActivationPenaltyBlock { get; init; } = 3;

    /// <summary>In vgg16_act_reg, the first ReLU that is penalised, counted from 0. Default 0.</summary>
    [JsonPropertyName("act-reg-start-from")]
    public int ActivationPenaltyStart { get; init; }

    /// <summary>Weight of the penalty on the squared norm of the gradient. Default 0.</summary>
    [JsonPropertyName("weight-grad-reg-lambda")]
    public double GradientPenalty { get; init; }

    /// <summary>Weight of the penalty on the squared gradients of the mean logits in the images. Default 0.</summary>
    [JsonPropertyName("jac-reg-lambda")]
    public double JacobianPenalty { get; init; }

    /// <summary>Standard deviation of noise on every gradient. Default 0.</summary>
    [JsonPropertyName("grad-gauss-std")]
    public double GradientNoise { get; init; }

    /// <summary>Scale of additive noise on the weights that a step's gradients are taken at. Default 0.</summary>
    [JsonPropertyName("add-weight-perturb-scale")]
    public double AdditiveWeightNoise { get; init; }

    /// <summary>Scale of multiplicative noise on them. Default 0.</summary>
    [JsonPropertyName("mul-weight-perturb-scale")]
    public double MultiplicativeWeightNoise { get; init; }

    /// <summary>Distribution of both. Default normal.</summary>
    [JsonPropertyName("weight-perturb-distr")]
    public NoiseDistribution WeightNoiseDistribution { get; init; }

    /// <summary>The loss as a function.</summary>
    internal ClassificationLoss Loss => new() { Name = LossName, LabelSmoothing = LabelSmoothing, Q = GeneralizedQ, Offset = LossOffset, DroppedShare = DroppedShare };

    private NoiseOptions StepNoise => new()
    {
        GradientScale = GradientNoise, AdditiveScale = AdditiveWeightNoise, MultiplicativeScale = MultiplicativeWeightNoise, Distribution = WeightNoiseDistribution,
    };

    /// <summary>Whether the objective holds more than the loss.</summary>
    internal bool Penalizes => ActivationPenalty != 0 || JacobianPenalty != 0 || GradientPenalty != 0;

    /// <summary>What the loss asks of data and model.</summary>
    internal IEnumerable<string> ProblemsWith(Classifier model, int classes) => Loss.Problems(classes).Concat(Objective.Problems(this, model));

    private IEnumerable<string> LossProblems()
    {
        foreach (string problem in Loss.Problems().Concat(StepNoise.Problems())) yield return problem;
        foreach ((string name, double weight) in new[] { ("act-reg", ActivationPenalty), ("weight-grad-reg-lambda", GradientPenalty), ("jac-reg-lambda", JacobianPenalty) })
        {
            if (!(weight >= 0 && double.IsFinite(weight))) yield return $"--{name} is {weight}; it must be finite and 0 or more.";
        }

        if (ActivationPenaltyStart < 0) yield return $"--act-reg-start-from is {ActivationPenaltyStart}; it must be 0 or more.";
    }
}
