namespace Sharpless.Data.Sources.Emoji;

/// <summary>One drawing of one emoji, with its captions.</summary>
/// <param name="Style">Name of the style.</param>
/// <param name="Sequence">Normalized sequence.</param>
/// <param name="Base">The same without skin tone.</param>
/// <param name="Concept">What it depicts; see <see cref="EmojiSequence.Concept"/>.</param>
/// <param name="Captions">One or more; the first belongs to this emoji alone.</param>
/// <param name="Pixels">[64, 64, 3].</param>
internal sealed record CaptionedEmoji(string Style, string Sequence, string Base, string Concept, IReadOnlyList<string> Captions, byte[] Pixels)
{
    /// <summary>Rows and columns of every picture.</summary>
    public const int Side = 64;

    /// <summary>Name of its file.</summary>
    public string FileName => $"{Style}_{Sequence}.png";

    /// <summary>The pixels as text, to compare pictures by.</summary>
    public string Key { get; } = Convert.ToBase64String(Pixels);
}
