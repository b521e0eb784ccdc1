using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// Measures the running statistics of batch norm anew, for weights that the old ones do not describe: pruned weights, or an average of weights
/// along training.
/// </summary>
/// <remarks>
/// The statistics start afresh and end as the averages of the batch means and of the unbiased batch variances, every batch counted by its examples:
/// after n examples a batch of b moves them with momentum b / (n + b), as the published code of arXiv:2305.16292 does for its averaged weights. Normalization
/// is that of training, with the statistics of each batch, so a layer sees what it saw in training; dropout drops out, and libtorch's default generator then
/// stands where it stood. Weights do not move.
/// </remarks>
public static class BatchNormReestimation
{
    /// <summary>One pass over batches.</summary>
    /// <param name="model">Its running statistics are replaced. A model without batch norm is left alone.</param>
    /// <param name="batches">Number of batches, 1 or more.</param>
    /// <param name="batchOf">Makes a batch, from 0; its tensors are freed after it was seen.</param>
    /// <param name="cancel">Stops after the batch under way; the statistics are then the old ones.</param>
    /// <exception cref="FailureException">A statistic is not finite; the old statistics are back.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static void Run(Classifier model, long batches, Func<long, Batch> batchOf, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batches);
        ArgumentNullException.ThrowIfNull(batchOf);
        List<BatchNorm> layers = [.. model.All().OfType<BatchNorm>()];
        if (layers.Count == 0) return;

        using var before = RememberedState.Of(model);
        using IDisposable off = no_grad();
        using var scope = NewDisposeScope();
        model.train();
        foreach (BatchNorm layer in layers)
        {
            layer.ResetStatistics();
            (layer.MovesStatistics, layer.IsFrozen) = (true, false);
        }

        Pass(model, layers, batches, batchOf, cancel);
        if (!model.Buffers().All(item => item.Buffer.AllFinite()))
        {
            throw new FailureException(
                "The re-estimated batch-norm statistics are not finite; the old ones were kept.",
                "The weights or activations overflow, or a batch holds one example: use weights that evaluate to a finite loss, and batches of two or more.");
        }

        before.KeepBuffers();
    }

    /// <summary>One pass over an epoch of a run's training batches, shuffled and augmented as in training: its first.</summary>
    /// <param name="options">The run: data, split, batches, augmentation, model and precision.</param>
    /// <param name="dataFolder">Where data sets are; null for the default.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="weights">Weights of the run's network by name, of any width, borrowed and not changed.</param>
    /// <param name="cancel">Stops after the batch under way.</param>
    /// <returns>The same names in the same order, owned by the caller: new running statistics, second references to the rest.</returns>
    /// <exception cref="UsageException">The data are not there.</exception>
    /// <inheritdoc cref="Run"/>
    public static IReadOnlyDictionary<string, Tensor> OfRun(
        TrainOptions options, string? dataFolder, Device device, IReadOnlyDictionary<string, Tensor> weights, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(weights);
        using var scope = NewDisposeScope();
        ImageData data = DataSets.Load(options.DataSet, DataFolder.Resolve(dataFolder), options.Normalization);
        var split = DataSplit.Create(data, options.Seed, options.Split);
        var sequence = new BatchSequence(split.Train, options.BatchSize, options.BatchOrder, (ulong)options.Seed);
        var builder = new BatchBuilder(data.Train, options.Augments ? data.Augmentation : null, (ulong)options.Seed, options.RandAugmentation);
        Classifier model = ModelCatalog.Create(options.Model, options.ShapeFor(data), new GivenShapes(weights.ToDictionary(item => item.Key, item => item.Value.shape)), options.ModelOptions);
        ModuleState.Load(model, weights);
        SingleValues.Refuse(options, model, data);
        using var space = new WeightSpace(model, options.Precision, device);
        // Step 0 looks at the first batch without training on it; the epoch begins at step 1.
        Run(
            model, sequence.BatchesPerEpoch,
            i => builder.Build(sequence.At(i + 1).Span, options.Precision.ImageType(), options.Precision.Layout(), device, i + 1), cancel);
        var measured = weights.ToDictionary(item => item.Key, item => item.Value);
        foreach ((string name, Tensor buffer) in model.Buffers()) measured[name] = buffer;
        return measured.ToDictionary(item => item.Key, item => scope.MoveToOuter(ReferenceEquals(item.Value, weights[item.Key]) ? item.Value.Alias() : item.Value.clone()));
    }

    private static void Pass(Classifier model, List<BatchNorm> layers, long batches, Func<long, Batch> batchOf, CancellationToken cancel)
    {
        long seen = 0;
        for (long i = 0; i < batches; i++)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Tensor images = batchOf(i).Images;
            long size = images.size(0);
            seen += size;
            layers.ForEach(layer => layer.Momentum = (double)size / seen);
            model.forward(images);
        }
    }
}
