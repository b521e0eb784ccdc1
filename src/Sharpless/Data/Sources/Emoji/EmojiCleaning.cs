namespace Sharpless.Data.Sources.Emoji;

/// <summary>Removes what would let a network recognise a test picture: the same picture in training under another name or class.</summary>
internal static class EmojiCleaning
{
    /// <summary>
    /// Drops pictures that occur, byte for byte, in two classes; joins the concepts that share a picture, under the ordinally smallest
    /// name; keeps one of the identical pictures of a style, that of the ordinally smallest sequence.
    /// </summary>
    /// <param name="pictures">All pictures of all styles.</param>
    /// <returns>Sorted by style (in the given order of styles), then sequence.</returns>
    public static IReadOnlyList<EmojiPicture> Clean(IReadOnlyList<EmojiPicture> pictures)
    {
        ILookup<string, EmojiPicture> alike = pictures.ToLookup(picture => picture.Key, StringComparer.Ordinal);
        IGrouping<string, EmojiPicture>[] sound = [.. alike.Where(same => same.Select(picture => picture.Label).Distinct().Count() == 1)];

        var joined = new JoinedConcepts(sound.Select(same => same.Select(picture => picture.Concept)));
        string[] styles = [.. pictures.Select(picture => picture.Style).Distinct()];
        return [.. from style in styles
                   from picture in sound.SelectMany(same => Smallest(same, style)).OrderBy(picture => picture.Sequence, StringComparer.Ordinal).ThenBy(picture => picture.Key, StringComparer.Ordinal)
                   select picture with { Concept = joined[picture.Concept] }];

        static IEnumerable<EmojiPicture> Smallest(IEnumerable<EmojiPicture> same, string style) =>
            same.Where(picture => picture.Style == style).OrderBy(picture => picture.Sequence, StringComparer.Ordinal).Take(1);
    }
}
