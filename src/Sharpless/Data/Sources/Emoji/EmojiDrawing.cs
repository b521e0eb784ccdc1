namespace Sharpless.Data.Sources.Emoji;

/// <summary>A drawing made of pixels.</summary>
/// <param name="Sequence">Normalized sequence of what it shows.</param>
/// <param name="Pixels">[side, side, 3], on white.</param>
internal sealed record EmojiDrawing(string Sequence, byte[] Pixels);
