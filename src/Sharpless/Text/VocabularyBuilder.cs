namespace Sharpless.Text;

/// <summary>A vocabulary made from texts, for models without a published one: every character, alone and within words, and the most frequent words.</summary>
public static class VocabularyBuilder
{
    /// <summary>Makes a vocabulary; the same texts give the same one in whatever order they come.</summary>
    /// <param name="texts">The texts of the training.</param>
    /// <param name="lowerCases">Whether letters lose case and accents.</param>
    /// <param name="size">Largest number of tokens; single characters come before words, the more frequent before the rarer.</param>
    /// <exception cref="ArgumentException">Not even the special tokens have room.</exception>
    public static Vocabulary Build(IEnumerable<string> texts, bool lowerCases, int size)
    {
        ArgumentNullException.ThrowIfNull(texts);
        string[] special = [.. Vocabulary.Required, Vocabulary.Mask];
        if (size < special.Length) throw new ArgumentException($"A vocabulary of {size} tokens has no room for {string.Join(", ", special)}.", nameof(size));
        Dictionary<string, long> words = [], characters = [];
        foreach (string word in texts.SelectMany(text => WordPiece.Words(text, lowerCases)))
        {
            Count(words, word);
            bool isFirst = true;
            foreach (System.Text.Rune character in word.EnumerateRunes())
            {
                Count(characters, isFirst ? character.ToString() : Vocabulary.Continuation + character);
                isFirst = false;
            }
        }

        return new Vocabulary(special.Concat(Ranked(characters)).Concat(Ranked(words)).Distinct().Take(size));
    }

    private static void Count(Dictionary<string, long> counts, string token) => counts[token] = counts.GetValueOrDefault(token) + 1;

    private static IEnumerable<string> Ranked(Dictionary<string, long> counts) =>
        counts.OrderByDescending(item => item.Value).ThenBy(item => item.Key, StringComparer.Ordinal).Select(item => item.Key);
}
