using Sharpless.Data.Captions;
using Sharpless.Models;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Contrastive;

/// <summary>Brings pictures and captions to where a model computes, and embeds them.</summary>
internal sealed class PairEmbedder(ContrastiveModel model, CaptionTokens tokens, Precision precision, Device device, CancellationToken cancel = default)
{
    /// <summary>A batch in the form that the model takes.</summary>
    internal (Tensor Pictures, TokenBatch Tokens) Prepare(CaptionBatch batch) =>
        (batch.Pictures.To(device).To(precision.ImageType()).Contiguous(precision.Layout()), tokens.Of(batch.Captions, device));

    /// <summary>Embeddings of both sides, [B, E] each.</summary>
    internal (Tensor Images, Tensor Texts) Embed((Tensor Pictures, TokenBatch Tokens) batch, TapRecorder? taps = null) =>
        (model.EmbedImages(batch.Pictures, taps), model.EmbedTexts(batch.Tokens, taps));

    /// <summary>Embeddings of a whole split, without taking gradients: [N, E] each, on the CPU, and the captions that were read.</summary>
    internal (Tensor Images, Tensor Texts, IReadOnlyList<string> Captions) EmbedAll(CaptionReader reader, int batchSize)
    {
        List<Tensor> images = [], texts = [];
        List<string> captions = [];
        Evaluate(reader.Evaluation(batchSize), (batch, scope) =>
        {
            (Tensor image, Tensor text) = Embed(Prepare(batch));
            images.Add(scope.MoveToOuter(image.To(CPU)));
            texts.Add(scope.MoveToOuter(text.To(CPU)));
            captions.AddRange(batch.Captions);
        });
        return (cat(images), cat(texts), captions);
    }

    /// <summary>Looks at batches in evaluation mode; what is made for one goes after it.</summary>
    internal void Evaluate(IEnumerable<CaptionBatch> batches, Action<CaptionBatch, DisposeScope> look)
    {
        using var before = RememberedState.Of(model);
        using IDisposable off = no_grad();
        model.train(false);
        foreach (CaptionBatch batch in batches)
        {
            using (batch)
            {
                cancel.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                look(batch, scope);
            }
        }
    }
}
