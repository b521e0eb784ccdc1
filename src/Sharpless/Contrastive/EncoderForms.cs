using Sharpless.Pretrained;

namespace Sharpless.Contrastive;

/// <summary>Forms of encoders with drawn weights, by name.</summary>
public static class EncoderForms
{
    /// <summary>R+ViT-Ti/16, the published image encoder: 5.5 million weights.</summary>
    public const string PublishedImage = "r-ti16";

    /// <summary>BERT-base, the published text encoder: 107 million weights with the published vocabulary.</summary>
    public const string PublishedText = "bert-base";

    /// <summary>Small encoders, for two cores and minutes: 0.9 million weights for images of 64 x 64, 0.4 million for texts without the vocabulary.</summary>
    public const string Tiny = "tiny";

    private static readonly Dictionary<string, EncoderForm> Images = new()
    {
        [PublishedImage] = new EncoderForm { Kind = EncoderKind.Hybrid, Layers = 12, Width = 192, Heads = 3, Hidden = 768, Patch = 8, Grid = 12, HasClassToken = true, StemWidth = 64 },
        ["ti16"] = new EncoderForm { Kind = EncoderKind.Vit, Layers = 12, Width = 192, Heads = 3, Hidden = 768, Patch = 16, Grid = 14, HasClassToken = true },
        [Tiny] = new EncoderForm { Kind = EncoderKind.Hybrid, Layers = 4, Width = 128, Heads = 4, Hidden = 512, Patch = 4, Grid = 4, HasClassToken = true, StemWidth = 32 },
    };

    private static readonly Dictionary<string, BertForm> Texts = new()
    {
        [PublishedText] = new BertForm(),
        [Tiny] = new BertForm { Layers = 2, Width = 128, Heads = 4, Hidden = 512, Positions = 64 },
    };

    /// <summary>Every form of an image encoder.</summary>
    public static IReadOnlyList<string> ImageNames { get; } = [.. Images.Keys];

    /// <summary>Every form of a text encoder.</summary>
    public static IReadOnlyList<string> TextNames { get; } = [.. Texts.Keys];

    /// <summary>Form of an image encoder.</summary>
    /// <param name="name">One of <see cref="ImageNames"/>.</param>
    /// <param name="imageSize">Side of the pictures.</param>
    /// <exception cref="ArgumentException">An unknown name, or a side that is no multiple of the step from token to token.</exception>
    public static EncoderForm Image(string name, int imageSize)
    {
        if (!Images.TryGetValue(name, out EncoderForm? form)) throw new ArgumentException($"There is no image form '{name}'; known: {string.Join(", ", ImageNames)}.", nameof(name));
        if (ProblemWithImageSize(name, imageSize) is { } problem) throw new ArgumentException(problem, nameof(imageSize));
        return form with { Grid = imageSize / form.Stride };
    }

    /// <summary>Form of a text encoder.</summary>
    /// <param name="name">One of <see cref="TextNames"/>.</param>
    /// <param name="vocabularySize">Number of tokens.</param>
    /// <exception cref="ArgumentException">An unknown name.</exception>
    public static BertForm Text(string name, int vocabularySize) => Texts.TryGetValue(name, out BertForm? form)
        ? form with { VocabularySize = vocabularySize }
        : throw new ArgumentException($"There is no text form '{name}'; known: {string.Join(", ", TextNames)}.", nameof(name));

    internal static string? ProblemWithImageSize(string name, int imageSize) => imageSize < 1 || imageSize % Images[name].Stride != 0
        ? $"--image-size is {imageSize}; the form {name} takes multiples of {Images[name].Stride}."
        : null;
}
