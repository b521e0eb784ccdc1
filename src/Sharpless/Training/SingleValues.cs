using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Training;

/// <summary>Batches of one example, which leave batch norm a single value for each channel where the images have shrunk to 1x1 there: it has no variance.</summary>
internal static class SingleValues
{
    /// <summary>Refuses them before training.</summary>
    /// <param name="options">The training.</param>
    /// <param name="model">Its network, on the CPU. A dropout layer draws from the default generator.</param>
    /// <param name="data">Its images.</param>
    /// <exception cref="UsageException">A batch norm would see a single value.</exception>
    internal static void Refuse(TrainOptions options, Classifier model, ImageData data)
    {
        int examples = options.BatchSize * (options.RepeatedAugmentation ? 2 : 1) / options.MicroBatches;
        BatchNorm[] layers = [.. model.All().OfType<BatchNorm>().Where(layer => !layer.IsFrozen)];
        if (examples > 1 || layers.Length == 0) return;
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        foreach (BatchNorm layer in layers) layer.MovesStatistics = false;
        try
        {
            model.forward(zeros([1, data.Shape.Channels, data.Shape.Height, data.Shape.Width]));
        }
        catch (InvalidOperationException error)
        {
            throw new UsageException(
                $"{options.Model} cannot be trained on one example at a time with images of {data.Shape}. {error.Message}",
                $"Give a larger --batch-size ({2 * options.MicroBatches} or more), or --freeze-bn-stats.", error);
        }
        finally
        {
            foreach (BatchNorm layer in layers) layer.MovesStatistics = true;
        }
    }
}
