using Sharpless.Models;
using Sharpless.Pretrained;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Contrastive;

/// <summary>
/// An image encoder and a text encoder with a linear head each, after which pictures and texts are compared by direction. The four parts are named
/// <c>image</c>, <c>text</c>, <c>image_head</c> and <c>text_head</c>; a head with a bottleneck has the layers 0 and 1, with nothing between them.
/// </summary>
/// <remarks>
/// Taps are those of the encoders behind <c>image.</c> and <c>text.</c>, [B, T, ...] each, and the features before the heads and the embeddings, [B, ...]:
/// <see cref="ImageFeatures"/>, <see cref="ImageEmbedding"/>, <see cref="TextFeatures"/>, <see cref="TextEmbedding"/>.
/// </remarks>
public sealed class ContrastiveModel : Block
{
    /// <summary>What the image head reads: the class token after the final normalization.</summary>
    public const string ImageFeatures = "image.prehead";

    /// <summary>Embedding of the picture.</summary>
    public const string ImageEmbedding = "image.embedding";

    /// <summary>What the text head reads: the mean over tokens.</summary>
    public const string TextFeatures = "text.pooled";

    /// <summary>Embedding of the text.</summary>
    public const string TextEmbedding = "text.embedding";

    internal const string ImagePrefix = "image.", TextPrefix = "text.";

    private readonly ImageEncoder _image;
    private readonly BertEncoder _text;
    private readonly Linear[] _imageHead;
    private readonly Linear[] _textHead;

    /// <summary>A model around two encoders of its form. The weights of the heads are not initialised.</summary>
    public ContrastiveModel(ContrastiveForm form, ImageEncoder image, BertEncoder text)
    {
        ArgumentNullException.ThrowIfNull(form);
        Form = form;
        _image = this.Register("image", image);
        _text = this.Register("text", text);
        _imageHead = Head("image_head", form.Image.Width);
        _textHead = Head("text_head", form.Text.Width);
        Taps = [.. image.Taps.Select(tap => ImagePrefix + tap), ImageFeatures, ImageEmbedding, .. text.Taps.Select(tap => TextPrefix + tap), TextFeatures, TextEmbedding];
    }

    /// <summary>What it is made of.</summary>
    public ContrastiveForm Form { get; }

    /// <summary>Names of all taps, those of pictures first, from input to output.</summary>
    public IReadOnlyList<string> Taps { get; }

    /// <summary>Embeds pictures.</summary>
    /// <param name="pictures">[B, 3, R, R] with values from 0 to 1.</param>
    /// <param name="taps">Receives the activations it wants; null for none.</param>
    /// <returns>[B, E] Float32, of length 1 each.</returns>
    public Tensor EmbedImages(Tensor pictures, TapRecorder? taps = null)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        Tensor pixels = Form.PixelRange switch
        {
            PixelRange.Unit => pictures,
            PixelRange.Symmetric => (pictures * 2) - 1,
            _ => throw new InvalidOperationException($"Bug in Sharpless: no pixel range {Form.PixelRange}."),
        };
        TapRecorder inner = Inner(taps, _image.Taps, ImagePrefix);
        Tensor features = _image.Encode(pixels, inner);
        PassOn(inner, taps, ImagePrefix);
        return Embed(features, _imageHead, taps, ImageFeatures, ImageEmbedding);
    }

    /// <summary>Embeds texts.</summary>
    /// <param name="tokens">[B, T].</param>
    /// <param name="taps">Receives the activations it wants; null for none.</param>
    /// <returns>[B, E] Float32, of length 1 each.</returns>
    public Tensor EmbedTexts(TokenBatch tokens, TapRecorder? taps = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        TapRecorder inner = Inner(taps, _text.Taps, TextPrefix);
        // Positions that all texts leave empty count in a mean over all positions only.
        TokenBatch read = Form.Pooling == TokenPooling.All ? tokens : tokens.WithoutCommonPadding();
        Tensor features = Form.Pooling.Apply(_text.forward(read, inner), read.Mask);
        PassOn(inner, taps, TextPrefix);
        return Embed(features, _textHead, taps, TextFeatures, TextEmbedding);
    }

    /// <summary>Draws the first weights of the heads: LeCun's normal distribution, biases 0.</summary>
    public void InitializeHeads(Generator generator)
    {
        using IDisposable off = no_grad();
        foreach (Linear layer in _imageHead.Concat(_textHead))
        {
            Initialization.LeCunNormal(layer.Weight, layer.Weight.size(1), generator);
            layer.Bias!.fill_(0);
        }
    }

    private Linear[] Head(string name, int width) => Form.Bottleneck > 0
        ? [this.Register($"{name}.0", new Linear(width, Form.Bottleneck)), this.Register($"{name}.1", new Linear(Form.Bottleneck, Form.Projection))]
        : [this.Register(name, new Linear(width, Form.Projection))];

    private static Tensor Embed(Tensor features, Linear[] head, TapRecorder? taps, string featureTap, string embeddingTap)
    {
        taps?.Record(featureTap, features);
        Tensor embedding = head.Aggregate(features.To(head[0].Weight.dtype), (x, layer) => layer.forward(x)).To(ScalarType.Float32);
        // The published code divides by the length as it is. Inside the root this number changes no length above 1e-8, and keeps the gradient at 0 finite.
        const double SquaredGuard = 1e-24;
        embedding /= (embedding.pow(2).sum(1, keepdim: true) + SquaredGuard).sqrt();
        taps?.Record(embeddingTap, embedding);
        return embedding;
    }

    // The encoders know their own names only.
    private static TapRecorder Inner(TapRecorder? taps, IEnumerable<string> own, string prefix) => new([.. own.Where(tap => taps?.Wants(prefix + tap) == true)]);

    private static void PassOn(TapRecorder inner, TapRecorder? taps, string prefix)
    {
        foreach ((string tap, Tensor activation) in inner.Activations) taps!.Record(prefix + tap, activation);
    }
}
