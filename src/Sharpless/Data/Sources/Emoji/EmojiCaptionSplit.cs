namespace Sharpless.Data.Sources.Emoji;

/// <summary>Divides captioned pictures so that one training can be tested in three ways: on unseen concepts, in an unseen style, on unseen compositions.</summary>
internal static class EmojiCaptionSplit
{
    private const int SkinTones = 5;

    /// <summary>
    /// The part of each picture. Each part that is tested on has one picture for each label and no picture twice, so that retrieval among them has one
    /// right answer; which one is decided by the names of the files.
    /// </summary>
    /// <param name="pictures">All of them; their concepts joined where they share a picture.</param>
    /// <param name="heldOutStyle">Name of the style that is not trained on.</param>
    /// <returns>As many, in the same order.</returns>
    public static IReadOnlyList<EmojiCaptionPart> Divide(IReadOnlyList<CaptionedEmoji> pictures, string heldOutStyle)
    {
        EmojiCaptionPart[] parts = [.. pictures.Select(picture => Of(picture, heldOutStyle))];
        HashSet<string> trained = [.. pictures.Where((_, place) => parts[place] == EmojiCaptionPart.Train).Select(picture => picture.Captions[0])];
        for (int place = 0; place < parts.Length; place++)
            // What only the held-out style draws was not read in training either.
            if (parts[place] == EmojiCaptionPart.Style && !trained.Contains(pictures[place].Captions[0])) parts[place] = EmojiCaptionPart.Rest;

        foreach (EmojiCaptionPart tested in (EmojiCaptionPart[])[EmojiCaptionPart.Val, EmojiCaptionPart.Test, EmojiCaptionPart.Style, EmojiCaptionPart.Composition])
        {
            HashSet<string> labels = new(StringComparer.Ordinal), seen = new(StringComparer.Ordinal);
            foreach (int place in Enumerable.Range(0, parts.Length).Where(place => parts[place] == tested).OrderBy(place => EmojiSplit.Number(pictures[place].FileName)))
            {
                CaptionedEmoji picture = pictures[place];
                if (labels.Contains(picture.Captions[0]) || seen.Contains(picture.Key)) parts[place] = EmojiCaptionPart.Rest;
                else (_, _) = (labels.Add(picture.Captions[0]), seen.Add(picture.Key));
            }
        }
        return parts;
    }

    private static EmojiCaptionPart Of(CaptionedEmoji picture, string heldOutStyle)
    {
        bool isHeldOutStyle = picture.Style == heldOutStyle;
        return EmojiSplit.PartOf(picture.Concept) switch
        {
            // Concept and style unseen would be a fourth question.
            not "train" when isHeldOutStyle => EmojiCaptionPart.Rest,
            "validation" => EmojiCaptionPart.Val,
            "test" => EmojiCaptionPart.Test,
            _ when isHeldOutStyle => EmojiCaptionPart.Style,
            _ when IsHeldOutComposition(picture) => EmojiCaptionPart.Composition,
            _ => EmojiCaptionPart.Train,
        };
    }

    // One skin tone in five of every emoji that has them, another one for each emoji; of the 25 pairs of a couple five, in which each tone is once on either side.
    private static bool IsHeldOutComposition(CaptionedEmoji picture)
    {
        IReadOnlyList<int> tones = EmojiSequence.SkinTones(picture.Sequence);
        // The skin tones alone are emoji too.
        return picture.Sequence != picture.Base && tones.Count > 0 && (tones.Sum() + EmojiSplit.Number(picture.Base)) % SkinTones == 0;
    }
}
