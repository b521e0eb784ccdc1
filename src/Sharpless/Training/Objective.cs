using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// What a step minimises: the loss of a batch and the penalties that are switched on. All of it is in the gradients of both passes of SAM; weight
/// decay is not, it belongs to the base optimizer.
/// </summary>
internal sealed class Objective(TrainOptions options, Classifier model, WeightSpace weights)
{
    private readonly ClassificationLoss _loss = options.Loss;
    private readonly string[] _penalized = PenalizedTaps(options, model);
    private readonly double[] _penalties = new double[options.MicroBatches];

    /// <summary>The penalties in the objective of the last step, each with its weight: mean over the parts of the batch, at the last point that each was taken at (w + ε under SAM).</summary>
    internal double Penalty => _penalties.Average();

    /// <summary>The losses of the parts that a batch is cut into. Examples beyond a multiple of their number are left out, as published.</summary>
    /// <param name="batch">The step's batch.</param>
    /// <param name="previous">The batch that leads SAM's ascent instead; null for none.</param>
    internal IReadOnlyList<BatchLoss> PartsOf(TrainingBatch batch, TrainingBatch? previous)
    {
        int parts = options.MicroBatches;
        return [.. Enumerable.Range(0, parts).Select(i =>
        {
            TrainingBatch descent = batch.Part(i, parts);
            TrainingBatch? ascent = previous?.Part(i, parts);
            return new BatchLoss(() => Of(descent, i), ascent is null ? null : () => Of(ascent, i));
        })];
    }

    // At the point where the model stands.
    private Tensor Of(TrainingBatch batch, int part)
    {
        Tensor images = batch.Images;
        if (options.JacobianPenalty != 0)
        {
            images = images.detach();
            images.requires_grad = true;
        }

        var taps = new TapRecorder(_penalized);
        Tensor logits = model.forward(images, taps);
        Tensor compared = options.NormalizesLogits ? logits / Norms(logits) : logits;
        Tensor objective = batch.Loss(labels => _loss.Of(compared, labels));
        _penalties[part] = 0;
        foreach (Tensor activation in taps.Activations.Values) Add(MeanSquare(activation) * options.ActivationPenalty);
        if (options.JacobianPenalty != 0) Add(Jacobian(logits, images) * options.JacobianPenalty);
        if (options.GradientPenalty != 0) Add(SquaredGradient.Of(objective, model, weights) * options.GradientPenalty);
        return objective;

        void Add(Tensor penalty)
        {
            objective += penalty;
            _penalties[part] += penalty.Item();
        }
    }

    /// <summary>Problems of a model with the penalties that are asked for.</summary>
    internal static IEnumerable<string> Problems(TrainOptions options, Classifier model)
    {
        foreach (string tap in PenalizedTaps(options, model).Except(model.Taps.Concat(model.ReluTaps)))
        {
            yield return $"--act-reg penalises activations at a block, and {options.Model} has no tap '{tap}'; it has {string.Join(", ", model.Taps)}.";
        }
    }

    // One model was made for this penalty, and pays for all its ReLUs; any other is penalised at one block.
    private static string[] PenalizedTaps(TrainOptions options, Classifier model)
    {
        if (options.ActivationPenalty == 0) return [];
        return options.Model == "vgg16_act_reg" ? [.. model.ReluTaps.Skip(options.ActivationPenaltyStart)] : [$"block{options.ActivationPenaltyBlock}"];
    }

    private static Tensor Norms(Tensor logits) => logits.pow(2).sum(1, keepdim: true).sqrt();

    private static Tensor MeanSquare(Tensor activation) => activation.To(ScalarType.Float32).pow(2).mean();

    // Σ_c |d(mean of logit c over the batch) / dx|², over the whole tensor of images.
    private static Tensor Jacobian(Tensor logits, Tensor images)
    {
        Tensor means = logits.mean([0]), sum = zeros([], device: logits.device);
        for (long c = 0; c < means.NumberOfElements; c++)
        {
            if (means.select(0, c).Gradients([images], createGraph: true)[0] is { } gradient) sum += gradient.To(ScalarType.Float32).pow(2).sum();
        }

        return sum;
    }
}
