using System.Text.Json.Serialization;

namespace Sharpless.Contrastive;

// Encoders and heads.
public sealed partial record ContrastiveOptions
{
    /// <summary>Stands for drawn weights in the place of a file or folder.</summary>
    public const string Random = "random";

    /// <summary>Image encoder: a published npz file, or <see cref="Random"/>. Default the published R+ViT-Ti/16.</summary>
    [JsonPropertyName("image-model")]
    public string ImageModel { get; init; } = "R_Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_384.npz";

    /// <summary>Text encoder: a folder with config.json, model.safetensors and vocab.txt, or <see cref="Random"/>. Default the published bert-base-cased.</summary>
    [JsonPropertyName("text-model")]
    public string TextModel { get; init; } = "bert-base-cased";

    /// <summary>Form of an image encoder with drawn weights, one of <see cref="EncoderForms.ImageNames"/>. Default that of the published one.</summary>
    [JsonPropertyName("image-form")]
    public string ImageForm { get; init; } = EncoderForms.PublishedImage;

    /// <summary>Form of a text encoder with drawn weights, one of <see cref="EncoderForms.TextNames"/>. Default that of the published one.</summary>
    [JsonPropertyName("text-form")]
    public string TextForm { get; init; } = EncoderForms.PublishedText;

    /// <summary>Side of the pictures for an image encoder with drawn weights; a published one has its own. Default 384.</summary>
    [JsonPropertyName("image-size")]
    public int ImageSize { get; init; } = 384;

    /// <summary>vocab.txt for a text encoder with drawn weights; empty to make one of the training captions.</summary>
    [JsonPropertyName("vocabulary")]
    public string VocabularyFile { get; init; } = "";

    /// <summary>Most tokens of a vocabulary that is made. Default 8192.</summary>
    [JsonPropertyName("vocabulary-size")]
    public int VocabularySize { get; init; } = 8192;

    /// <summary>Tokens of a text, with [CLS] and [SEP]; longer ones are cut. Default 32.</summary>
    [JsonPropertyName("text-length")]
    public int TextLength { get; init; } = 32;

    /// <summary>Width of the embeddings. Default 768.</summary>
    [JsonPropertyName("projection-dim")]
    public int Projection { get; init; } = 768;

    /// <summary>Units of the bottleneck in each head; 0 or less for none. Default -1.</summary>
    [JsonPropertyName("bottleneck-dim")]
    public int Bottleneck { get; init; } = -1;

    /// <summary>Which positions the mean over a text takes in. Default its tokens.</summary>
    [JsonPropertyName("pooling")]
    public TokenPooling Pooling { get; init; }

    /// <summary>Values of the pixels. Default symmetric.</summary>
    [JsonPropertyName("pixel-range")]
    public PixelRange PixelRange { get; init; }

    /// <summary>What decides the form of the model besides its encoders.</summary>
    internal ContrastiveForm FormOf(Pretrained.EncoderForm image, BertForm text) => new()
    {
        Image = image,
        Text = text,
        Projection = Projection,
        Bottleneck = Math.Max(0, Bottleneck),
        Pooling = Repeats(PublishedQuirk.PoolPadding) ? TokenPooling.All : Pooling,
        PixelRange = Repeats(PublishedQuirk.UnitPixels) ? PixelRange.Unit : PixelRange,
    };

    private IEnumerable<string> ModelProblems()
    {
        if (!EncoderForms.ImageNames.Contains(ImageForm)) yield return $"There is no image form '{ImageForm}'; known: {string.Join(", ", EncoderForms.ImageNames)}.";
        else if (EncoderForms.ProblemWithImageSize(ImageForm, ImageSize) is { } problem) yield return problem;
        if (!EncoderForms.TextNames.Contains(TextForm)) yield return $"There is no text form '{TextForm}'; known: {string.Join(", ", EncoderForms.TextNames)}.";
        if (TextLength < 2) yield return $"--text-length is {TextLength}; [CLS] and [SEP] alone are 2 tokens.";
        if (VocabularySize < 100) yield return $"--vocabulary-size is {VocabularySize}; it must be 100 or more.";
        if (Projection < 1) yield return $"--projection-dim is {Projection}; it must be 1 or more.";
    }
}
