using Sharpless.Analysis;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>Looks at a model in evaluation mode: loss and error over some examples, or the activations at its taps, or both in one forward pass.</summary>
internal sealed class Evaluator(Classifier model, Precision precision, Device device, int batchSize, ClassificationLoss? lossFunction = null, CancellationToken cancel = default)
{
    private readonly ClassificationLoss _loss = lossFunction ?? new ClassificationLoss();

    // Features of a tap beyond this size wait in a file instead of in memory.
    private const long MemoryPerTap = 2L << 30;

    /// <summary>Receives the activations of a batch and its labels; they are freed when it returns.</summary>
    internal delegate void TapReader(IReadOnlyDictionary<string, Tensor> activations, Tensor labels);

    /// <summary>One forward pass over examples.</summary>
    /// <param name="images">The set that they belong to.</param>
    /// <param name="examples">Their indices.</param>
    /// <param name="taps">Taps to read; empty for none.</param>
    /// <param name="read">Receives them.</param>
    /// <returns>Mean loss (cross entropy unless another was given), and the share of wrong answers.</returns>
    internal (double Loss, double Error) Run(ImageSet images, ReadOnlyMemory<int> examples, IReadOnlyList<string> taps, TapReader? read = null)
    {
        double loss = 0, wrong = 0;
        Pass(images, examples, batch =>
        {
            var recorder = new TapRecorder(taps);
            Tensor logits = model.forward(batch.Images, recorder);
            loss += _loss.Of(logits, batch.Labels).Item() * batch.Labels.NumberOfElements;
            wrong += batch.Labels.NumberOfElements - logits.argmax(1).eq(batch.Labels).sum().Item();
            read?.Invoke(recorder.Activations, batch.Labels);
        });
        return (loss / examples.Length, wrong / examples.Length);
    }

    /// <summary>One forward pass over examples up to the last of some taps: images and classes need not be those that the head is for.</summary>
    /// <param name="images">The set that they belong to.</param>
    /// <param name="examples">Their indices.</param>
    /// <param name="taps">Taps to read, one or more.</param>
    /// <param name="read">Receives them.</param>
    private void ReadTaps(ImageSet images, ReadOnlyMemory<int> examples, IReadOnlyList<string> taps, TapReader read) =>
        Pass(images, examples, batch => read(model.Activations(batch.Images, taps), batch.Labels));

    private void Pass(ImageSet images, ReadOnlyMemory<int> examples, Action<Batch> look)
    {
        var builder = new BatchBuilder(images);
        using var before = RememberedState.Of(model);
        using IDisposable off = no_grad();
        model.train(false);
        foreach (ReadOnlyMemory<int> members in BatchSequence.ForEvaluation(examples, batchSize))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            look(builder.Build(members.Span, precision.ImageType(), precision.Layout(), device));
        }
    }

    /// <summary>Features at several taps in one forward pass.</summary>
    /// <param name="images">The set that the examples belong to.</param>
    /// <param name="examples">Their indices.</param>
    /// <param name="taps">Taps to read.</param>
    /// <param name="spillFolder">Where features wait that are too large for memory.</param>
    /// <param name="densities">Sees the activations at its own taps in the same pass; null for nobody.</param>
    /// <returns>[N, P] for each tap, owned by the caller.</returns>
    internal IReadOnlyDictionary<string, FeatureStore> Features(
        ImageSet images, ReadOnlyMemory<int> examples, IReadOnlyList<string> taps, string spillFolder, TapDensities? densities = null)
    {
        var features = new Dictionary<string, FeatureStore>();
        ReadTaps(images, examples, [.. taps.Union(densities?.Taps ?? [])], (activations, _) =>
        {
            densities?.Add(activations);
            foreach (string tap in taps)
            {
                Tensor activation = activations[tap];
                if (!features.TryGetValue(tap, out FeatureStore? store)) features[tap] = store = Store(examples.Length, activation, spillFolder);
                store.Append(activation);
            }
        });
        return features;
    }

    /// <summary>Nearest-neighbour and nearest-centroid errors at the taps of some features.</summary>
    /// <param name="features">Features of the neighbours, by tap.</param>
    /// <param name="data">Whose they are, and the queries.</param>
    /// <param name="k">Neighbours that vote.</param>
    internal IReadOnlyDictionary<string, NeighbourErrors> NeighbourErrorsAt(IReadOnlyDictionary<string, FeatureStore> features, NeighbourData data, int k)
    {
        Dictionary<string, NeighbourErrorCounter> counters = Counters(features, data, k);
        ReadTaps(data.QuerySet, data.Queries, [.. features.Keys], (activations, labels) => Count(counters, activations, labels));
        return counters.ToDictionary(item => item.Key, item => item.Value.Result());
    }

    /// <summary>The same, with loss and error of the same pass over the queries.</summary>
    /// <inheritdoc cref="NeighbourErrorsAt"/>
    internal ((double Loss, double Error) Whole, IReadOnlyDictionary<string, NeighbourErrors> Errors) RunWithNeighbours(
        IReadOnlyDictionary<string, FeatureStore> features, NeighbourData data, int k)
    {
        Dictionary<string, NeighbourErrorCounter> counters = Counters(features, data, k);
        (double, double) whole = Run(data.QuerySet, data.Queries, [.. features.Keys], (activations, labels) => Count(counters, activations, labels));
        return (whole, counters.ToDictionary(item => item.Key, item => item.Value.Result()));
    }

    private Dictionary<string, NeighbourErrorCounter> Counters(IReadOnlyDictionary<string, FeatureStore> features, NeighbourData data, int k)
    {
        long[] labels = Array.ConvertAll(data.Neighbours.ToArray(), example => (long)data.NeighbourSet.Labels[example]);
        return features.ToDictionary(item => item.Key, item => new NeighbourErrorCounter(item.Value, labels, k, cancel));
    }

    private static void Count(Dictionary<string, NeighbourErrorCounter> counters, IReadOnlyDictionary<string, Tensor> activations, Tensor labels)
    {
        long[] given = labels.ToArray<long>();
        foreach ((string tap, Tensor activation) in activations) counters[tap].Add(activation, given);
    }

    private static FeatureStore Store(long examples, Tensor activation, string spillFolder)
    {
        using var outside = new Outside();                               // the store outlives the scope of the batch
        long dimensions = activation.NumberOfElements / activation.size(0);
        return new FeatureStore(examples, dimensions, ScalarType.Float32, examples * dimensions * sizeof(float) > MemoryPerTap ? spillFolder : null);
    }
}
