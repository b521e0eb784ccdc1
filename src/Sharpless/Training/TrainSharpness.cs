using Sharpless.Analysis;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// Sharpness at the evaluations of a training run: the increase of loss and error on the fixed training examples after one step of length ρ
/// along their gradient, for a small and a large ρ. The "fast" sharpness of the code published with arXiv:2305.16292: each batch has a
/// perturbation of its own, and the mean over the batches is told.
/// </summary>
/// <remarks>
/// It costs one gradient and two more forward passes over the examples, in float32 also where the run computes in bfloat16: there the small perturbation would be
/// rounded away. For that the model is held a second time.
/// </remarks>
internal sealed class TrainSharpness : IDisposable
{
    private const double SmallRho = 0.01;

    private const double LargeRhoWithoutSam = 0.1;

    private readonly WeightSpace _weights;
    private readonly Classifier _model;
    private readonly LossSurface[] _batches;
    private readonly double[] _radii;

    /// <param name="options">Of the run.</param>
    /// <param name="model">A second model of the run's kind; its weights do not matter.</param>
    /// <param name="data">What the run trains on.</param>
    /// <param name="examples">Training examples to measure on.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancel">Stops a measurement at its next batch.</param>
    internal TrainSharpness(TrainOptions options, Classifier model, ImageData data, ReadOnlyMemory<int> examples, Device device, CancellationToken cancel = default)
    {
        _model = model;
        using (new Outside()) _weights = new WeightSpace(model, Precision.Float32, device);
        _batches =
        [
            .. BatchSequence.ForEvaluation(examples, options.BatchSize).Select(batch =>
                ExampleSurface.Of(model, _weights, data.Train, batch, options.EvaluationBatchSize, device, options.Loss, cancel)),
        ];
        _radii = [SmallRho, options.SamRho > 0 ? options.SamRho : LargeRhoWithoutSam];
    }

    /// <summary>Columns of <c>metrics.csv</c>.</summary>
    internal static IReadOnlyList<string> Columns { get; } = ["sharpness_loss_small", "sharpness_error_small", "sharpness_loss_large", "sharpness_error_large"];

    /// <summary>Measures at the weights of the run.</summary>
    /// <param name="model">The run's model, for its batch-norm statistics.</param>
    /// <param name="weights">The run's weights.</param>
    /// <param name="values">Gets the columns.</param>
    internal void Write(Classifier model, WeightSpace weights, Dictionary<string, double> values)
    {
        using var scope = NewDisposeScope();
        TakeOver(model, weights);
        IReadOnlyList<Sharpness>[] found = [.. _batches.Select(batch => WorstCaseSharpness.OneStep(batch, _radii))];
        for (int i = 0; i < _radii.Length; i++)
        {
            values[Columns[2 * i]] = found.Average(batch => batch[i].LossIncrease);
            values[Columns[(2 * i) + 1]] = found.Average(batch => batch[i].ErrorIncrease);
        }
    }

    public void Dispose()
    {
        _weights.Dispose();
        _model.Dispose();
    }

    private void TakeOver(Classifier model, WeightSpace weights)
    {
        using IDisposable off = no_grad();
        Dictionary<string, WeightSlot> theirs = weights.Slots.ToDictionary(slot => slot.Name);
        foreach (WeightSlot slot in _weights.Slots) _weights.MasterOf(slot).copy_(weights.MasterOf(theirs[slot.Name]));
        foreach (((_, Tensor buffer), (_, Tensor source)) in _model.Buffers().Zip(model.Buffers())) buffer.copy_(source);
        _weights.ClearMask();
        if (weights.Mask.Count > 0) _weights.SetMask(weights.Slots.ToDictionary(slot => slot.Name, slot => weights.MaskOf(slot)!));
        _weights.ReturnToMaster();
    }
}
