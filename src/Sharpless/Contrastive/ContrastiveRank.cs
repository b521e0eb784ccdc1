using Sharpless.Analysis;
using Sharpless.Data.Captions;
using Sharpless.Models;
using Sharpless.Pretrained;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Contrastive;

/// <summary>
/// Looks at every layer of an image-text run (published evaluation of arXiv:2305.16292): ranks at all taps of some blocks, activity of their units, ranks of the
/// MLP kernels, retrieval in batches and over the whole split; in one pass over the pairs.
/// </summary>
/// <remarks>Of a picture the class token is read, of a text the mean over its tokens.</remarks>
public static class ContrastiveRank
{
    /// <summary>Measures a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="reader">The pairs: <see cref="ContrastiveRun.Read"/>.</param>
    /// <param name="options">What is measured.</param>
    /// <param name="progress">Told the share of the pairs that is done, 0 to 1.</param>
    /// <exception cref="UsageException">A block that the encoder does not have, or too few pairs for a batch.</exception>
    /// <exception cref="InvalidDataException">A picture is damaged, or the weights of the run are not finite.</exception>
    public static ContrastiveRankResult Run(ContrastiveRun run, CaptionReader reader, ContrastiveRankOptions options, IProgress<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<int> layers = options.LayersOf(run.Model.Form.Image.Layers);
        int batches = Math.Min(options.Batches, reader.Set.Count / options.BatchSize);
        if (batches == 0) throw new UsageException($"One batch takes {options.BatchSize} pairs, but the split {reader.Set.Name} has only {reader.Set.Count}.", "Use a smaller --bs.");

        using var scope = NewDisposeScope();
        string[] taps = [.. run.Model.Taps.Where(tap => !IsOfBlock(tap) || layers.Any(layer => tap.StartsWith(ImageTap(layer, ""), StringComparison.Ordinal)))];
        var features = new Dictionary<string, FeatureStore>();
        List<Tensor> images = [], texts = [];
        List<string> captions = [];
        double textwise = 0, imagewise = 0;
        run.Embedder.Evaluate(reader.Evaluation(options.BatchSize), (batch, step) =>
        {
            (Tensor Pictures, Text.TokenBatch Tokens) pairs = run.Embedder.Prepare(batch);
            var recorder = new TapRecorder(batch.Number < batches ? taps : []);
            (Tensor image, Tensor text) = run.Embedder.Embed(pairs, recorder);
            images.Add(step.MoveToOuter(image.To(CPU)));
            texts.Add(step.MoveToOuter(text.To(CPU)));
            captions.AddRange(batch.Captions);
            if (batch.Number < batches)
            {
                foreach ((string tap, Tensor activation) in recorder.Activations) Keep(features, tap, OneVectorEach(tap, activation, pairs.Tokens.Mask), (long)batches * options.BatchSize);
                (double ofTexts, double ofImages) = BatchAccuracy.Count(image, text);
                (textwise, imagewise) = (textwise + ofTexts, imagewise + ofImages);
            }

            progress?.Report((double)captions.Count / reader.Set.Count);
        });
        int examples = batches * options.BatchSize;
        return new ContrastiveRankResult
        {
            Examples = examples,
            Taps = [.. taps.Select(tap => (tap, features[tap]))],
            Activity = [.. layers.Select(layer => ImageActivity.Of(layer, features[ImageTap(layer, LayerTaps.Activation)], features[ImageTap(layer, LayerTaps.Mlp)], options.ActiveThreshold))],
            CorrelatedEmbeddings = CorrelatedUnits.Count(features[ContrastiveModel.ImageEmbedding], ImageActivity.Correlation),
            Kernels = [.. Kernels(run.Model, options.Centering)],
            TextwiseAccuracy = textwise / examples,
            ImagewiseAccuracy = imagewise / examples,
            Retrieval = Retrieval.Of(cat(images), cat(texts), captions),
        };
    }

    private static string ImageTap(int layer, string place) => ContrastiveModel.ImagePrefix + LayerTaps.Name(layer, place);

    private static bool IsOfBlock(string tap) => tap.StartsWith(ContrastiveModel.ImagePrefix + "layer", StringComparison.Ordinal);

    private static Tensor OneVectorEach(string tap, Tensor activation, Tensor mask)
    {
        if (activation.Dimensions == 2) return activation;
        return IsOfBlock(tap) ? activation.select(1, 0) : TokenPooling.Masked.Apply(activation, mask.narrow(1, 0, activation.size(1)));
    }

    private static void Keep(Dictionary<string, FeatureStore> features, string tap, Tensor rows, long capacity)
    {
        if (!features.TryGetValue(tap, out FeatureStore? store)) features[tap] = store = new FeatureStore(capacity, rows.size(1));
        store.Append(rows.To(CPU));
    }

    private static IEnumerable<(string Name, FeatureSpectrum Spectrum)> Kernels(ContrastiveModel model, Centering centering) =>
        from item in model.Parameters()
        where item.Name.Contains("MlpBlock", StringComparison.Ordinal) && item.Name.EndsWith("kernel", StringComparison.Ordinal)
        select (item.Name, SpectrumOf(item.Parameter, centering));

    private static FeatureSpectrum SpectrumOf(Tensor kernel, Centering centering)
    {
        using IDisposable off = no_grad();
        using FeatureStore rows = FeatureStore.Of(kernel.To(CPU).To(ScalarType.Float32));
        return FeatureSpectrum.Of(rows, centering);
    }
}
