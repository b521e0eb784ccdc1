using Sharpless.Pretrained;

namespace Sharpless.Contrastive;

/// <summary>What a pair of encoders and their heads are made of; <c>config.json</c> of a run holds it.</summary>
public sealed record ContrastiveForm
{
    /// <summary>The image encoder.</summary>
    public required EncoderForm Image { get; init; }

    /// <summary>The text encoder.</summary>
    public required BertForm Text { get; init; }

    /// <summary>E, the width of the embeddings.</summary>
    public required int Projection { get; init; }

    /// <summary>Units between the two layers of each head; 0 for heads of one layer.</summary>
    public int Bottleneck { get; init; }

    /// <summary>Values of the pixels.</summary>
    public PixelRange PixelRange { get; init; }

    /// <summary>Which positions the mean over a text takes in.</summary>
    public TokenPooling Pooling { get; init; }
}
