using Sharpless.Text;
using Sharpless.Torch;

namespace Sharpless.Contrastive;

/// <summary>Captions as the text encoder reads them.</summary>
/// <param name="vocabulary">Its vocabulary.</param>
/// <param name="lowerCases">Whether letters lose case and accents.</param>
internal sealed class CaptionTokens(Vocabulary vocabulary, bool lowerCases)
{
    private readonly WordPiece _tokenizer = new(vocabulary, lowerCases);

    internal Vocabulary Vocabulary => vocabulary;

    internal bool LowerCases => lowerCases;

    /// <summary>Whether captions are printed as Python prints bytes first.</summary>
    internal bool PrintsBytes { get; init; }

    /// <summary>Tokens of a text, with [CLS] and [SEP].</summary>
    internal required int Length { get; init; }

    /// <summary>[B, T] ids and mask on a device.</summary>
    internal TokenBatch Of(IReadOnlyList<string> captions, Device device) =>
        _tokenizer.Encode(PrintsBytes ? [.. captions.Select(PythonBytes.Literal)] : captions, Length).To(device);
}
