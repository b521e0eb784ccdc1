using Sharpless.Analysis;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>The loss over examples of a data set, not augmented, as a function of a classifier's weights.</summary>
internal static class ExampleSurface
{
    /// <param name="model">Stands at the point of the weights.</param>
    /// <param name="weights">Where its weights lie.</param>
    /// <param name="images">The set that the examples belong to.</param>
    /// <param name="examples">Their indices, at least one.</param>
    /// <param name="batchSize">Examples that go through the model together.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="loss">Of a batch.</param>
    /// <param name="cancel">Stops what is measured on the surface at its next batch.</param>
    internal static LossSurface Of(
        Classifier model, WeightSpace weights, ImageSet images, ReadOnlyMemory<int> examples, int batchSize, Device device, ClassificationLoss loss, CancellationToken cancel)
    {
        var builder = new BatchBuilder(images);
        return new LossSurface(model, weights, [.. BatchSequence.ForEvaluation(examples, batchSize).Select(members => new SurfaceBatch(
            Array.ConvertAll(members.ToArray(), example => (long)images.Labels[example]),
            () => Logits(model, weights, builder, members, device)))], loss.Of, cancel);
    }

    /// <summary>Logits of some examples, at the point where the model stands.</summary>
    internal static Tensor Logits(Classifier model, WeightSpace weights, BatchBuilder builder, ReadOnlyMemory<int> examples, Device device) =>
        model.forward(builder.Build(examples.Span, weights.Precision.ImageType(), weights.Precision.Layout(), device).Images);
}
