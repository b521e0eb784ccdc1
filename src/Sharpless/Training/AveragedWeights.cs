using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// The moving average of a run's weights, evaluated beside the weights themselves: batch-norm statistics are measured anew over the training batches, augmented
/// as in training, then loss and error are taken on the same examples.
/// </summary>
internal sealed class AveragedWeights(TrainOptions options, Classifier model, WeightSpace weights, TrainEvaluation evaluation, TrainingBatches batches, CancellationToken cancel) : IDisposable
{
    // Stochastic weight averaging, as the published program calls it.
    private const string Suffix = "_swa";

    private readonly WeightAverage _average = new(weights, options.AverageDecay);

    /// <summary>Columns that it adds to <c>metrics.csv</c>.</summary>
    internal IReadOnlyList<string> Columns => [.. evaluation.LossColumns.Select(column => column + Suffix)];

    /// <summary>What a checkpoint must hold.</summary>
    internal IReadOnlyDictionary<string, Tensor[]> State => _average.State;

    /// <summary>Takes in the weights after a step.</summary>
    internal void Update() => _average.Update();

    /// <summary>Adds its columns to an evaluation, and writes the average as a weight file.</summary>
    internal EvaluationRecord AddTo(EvaluationRecord row, string weightFile)
    {
        using var scope = NewDisposeScope();
        using var before = RememberedState.Of(model);
        var values = new Dictionary<string, double>(row.Values);
        _average.Show();
        try
        {
            // Frozen statistics are those of training, for the average too.
            if (!options.FreezesStatistics) BatchNormReestimation.Run(model, batches.PerEpoch, index => batches.InOrder(row.Iteration, index), cancel);
            foreach ((string column, double value) in evaluation.Losses()) values[column + Suffix] = value;
            TensorFiles.WriteSafetensors(weightFile, [.. weights.Slots.Select(slot => (slot.Name, _average.Of(slot))), .. model.Buffers()]);
            WeightFile.WriteMask(weightFile, weights);
        }
        finally
        {
            weights.ReturnToMaster();
        }

        return row with { Values = values };
    }

    public void Dispose() => _average.Dispose();
}
