namespace Sharpless.Data.Sources.Emoji;

/// <summary>One drawing of one emoji.</summary>
/// <param name="Style">Name of the style.</param>
/// <param name="Sequence">Normalized sequence.</param>
/// <param name="Label">Class.</param>
/// <param name="Concept">What it depicts.</param>
/// <param name="Pixels">[32, 32, 3].</param>
internal sealed record EmojiPicture(string Style, string Sequence, int Label, string Concept, byte[] Pixels)
{
    /// <summary>Rows and columns of every picture.</summary>
    public const int Side = 32;

    /// <summary>The pixels as text, to compare pictures by.</summary>
    public string Key { get; } = Convert.ToBase64String(Pixels);
}
