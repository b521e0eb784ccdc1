using Sharpless.Data.Captions;

namespace Sharpless.Contrastive;

/// <summary>Options that belong together, by name.</summary>
public static class ContrastivePreset
{
    /// <summary>The published training.</summary>
    public const string Published = "published";

    /// <summary>Small encoders with drawn weights on <c>emoji-captions</c>: minutes on two cores.</summary>
    public const string Tiny = "tiny";

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<string> Names { get; } = [Published, Tiny];

    /// <summary>The options of a preset.</summary>
    /// <exception cref="ArgumentException">An unknown name.</exception>
    public static ContrastiveOptions Options(string name) => name switch
    {
        Published => new ContrastiveOptions(),
        Tiny => new ContrastiveOptions
        {
            Data = "emoji-captions",
            ImageModel = ContrastiveOptions.Random, TextModel = ContrastiveOptions.Random, ImageForm = EncoderForms.Tiny, TextForm = EncoderForms.Tiny, ImageSize = 64,
            // Few tokens, so that words which no text of training has are made of pieces that it has.
            VocabularySize = 500, Projection = 128, BatchSize = 128, Epochs = 15, LearningRate = 5e-4, Caption = CaptionChoice.Random,
        },
        _ => throw new ArgumentException($"There is no preset '{name}'; known: {string.Join(", ", Names)}.", nameof(name)),
    };
}
