using Sharpless.Analysis;
using Sharpless.Data.Captions;
using Sharpless.Torch;

namespace Sharpless.Contrastive;

/// <summary>
/// The published evaluation: loss, and retrieval within batches, over the first batches of a split, and the ranks of all their embeddings together. Each
/// picture with its first caption.
/// </summary>
/// <param name="Loss">Mean loss of a batch.</param>
/// <param name="TextwiseAccuracy">Share of pictures whose own text is the nearest of the batch's texts. Of equal ones the first counts.</param>
/// <param name="ImagewiseAccuracy">Share of texts whose own picture is the nearest of the batch's pictures.</param>
/// <param name="Images">Spectrum of the pictures' embeddings.</param>
/// <param name="Texts">Spectrum of the texts' embeddings.</param>
internal sealed record BatchEvaluation(double Loss, double TextwiseAccuracy, double ImagewiseAccuracy, FeatureSpectrum Images, FeatureSpectrum Texts)
{
    /// <summary>Shares of the variance that ranks are told for.</summary>
    internal static readonly IReadOnlyList<double> Shares = [0.99, 0.95, 0.9, 0.85];

    /// <param name="embedder">The model.</param>
    /// <param name="reader">The split.</param>
    /// <param name="options">Size and number of the batches, temperature and centering.</param>
    /// <param name="cancel">Stops the ranks; the batches stop with the embedder.</param>
    internal static BatchEvaluation Of(PairEmbedder embedder, CaptionReader reader, ContrastiveOptions options, CancellationToken cancel)
    {
        int batches = Math.Min(options.EvaluationBatches, reader.Set.Count / options.BatchSize);
        using var images = new SpectrumAccumulator(options.Projection, options.Centering);
        using var texts = new SpectrumAccumulator(options.Projection, options.Centering);
        double loss = 0, textwise = 0, imagewise = 0;
        embedder.Evaluate(reader.Evaluation(options.BatchSize, batches * options.BatchSize), (batch, _) =>
        {
            (Tensor image, Tensor text) = embedder.Embed(embedder.Prepare(batch));
            loss += ContrastiveLoss.Of(image, text, options.Temperature).Item();
            (double ofTexts, double ofImages) = BatchAccuracy.Count(image, text);
            (textwise, imagewise) = (textwise + ofTexts, imagewise + ofImages);
            images.Add(image);
            texts.Add(text);
        });
        double pairs = (double)batches * options.BatchSize;
        return new BatchEvaluation(loss / batches, textwise / pairs, imagewise / pairs, images.Finish(cancel), texts.Finish(cancel));
    }
}
