namespace Sharpless.Data.Sources.Emoji;

/// <summary>What emojibase says of an emoji.</summary>
/// <param name="Label">Its English name, which no other one has; with the skin tone.</param>
/// <param name="Tags">English keywords; none for one with a skin tone.</param>
/// <param name="Base">Normalized sequence of the same emoji without skin tone; its own if it has none.</param>
internal sealed record EmojiEntry(string Label, IReadOnlyList<string> Tags, string Base);
