using System.Globalization;
using System.Text;
using Sharpless.Torch;

namespace Sharpless.Text;

/// <summary>The tokenizer of BERT (arXiv:1810.04805): a text becomes words, a word the longest pieces that the vocabulary has, from the left.</summary>
/// <remarks>
/// Step for step what the published library does in its compiled form: special tokens such as <c>[MASK]</c> are recognised as they stand;
/// control and format characters go; ideographs stand alone; with lower-casing, accents go and letters become small; words end at white space and at
/// punctuation, each sign of which is a word. A word of more than <see cref="MaximumWord"/> characters is unknown.
/// </remarks>
public sealed class WordPiece
{
    /// <summary>Longest word that is taken apart, in Unicode characters.</summary>
    public const int MaximumWord = 100;

    private readonly Vocabulary _vocabulary;
    private readonly bool _lowerCases;
    private readonly string[] _special;
    private readonly int _unknown;

    /// <summary>A tokenizer.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="lowerCases">Whether letters lose case and accents, as the uncased models have it.</param>
    public WordPiece(Vocabulary vocabulary, bool lowerCases)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        (_vocabulary, _lowerCases) = (vocabulary, lowerCases);
        _special = [.. Vocabulary.Required.Append(Vocabulary.Mask).Where(token => vocabulary.Find(token) is not null)];
        _unknown = vocabulary.IdOf(Vocabulary.Unknown);
    }

    /// <summary>Ids of the pieces of a text, without <c>[CLS]</c> and <c>[SEP]</c>.</summary>
    public IReadOnlyList<int> Pieces(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> pieces = [];
        int start = 0;
        while (start < text.Length)
        {
            (int at, string token) = NextSpecial(text, start);
            foreach (string word in Words(text[start..at], _lowerCases)) AddPieces(word, pieces);
            if (token.Length > 0) pieces.Add(_vocabulary.IdOf(token));
            start = at + token.Length;
        }

        return pieces;
    }

    /// <summary><c>[CLS] pieces [SEP]</c> of some texts, cut and padded to a length.</summary>
    /// <param name="texts">B texts.</param>
    /// <param name="length">T, 2 or more.</param>
    /// <returns>Tensors of the caller's scope, on the CPU.</returns>
    public TokenBatch Encode(IReadOnlyList<string> texts, int length)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        long[] ids = new long[texts.Count * length], mask = new long[ids.Length];
        Array.Fill(ids, _vocabulary.IdOf(Vocabulary.Padding));
        for (int i = 0; i < texts.Count; i++)
        {
            int[] sequence = [_vocabulary.IdOf(Vocabulary.Begin), .. Pieces(texts[i]).Take(length - 2), _vocabulary.IdOf(Vocabulary.End)];
            for (int j = 0; j < sequence.Length; j++) (ids[(i * length) + j], mask[(i * length) + j]) = (sequence[j], 1);
        }

        return new TokenBatch(Tensor.From(ids, texts.Count, length), Tensor.From(mask, texts.Count, length));
    }

    /// <summary>The words of a text, before they are taken apart.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="lowerCases">Whether letters lose case and accents.</param>
    internal static IEnumerable<string> Words(string text, bool lowerCases)
    {
        var word = new StringBuilder();
        foreach (Rune character in Normalized(text, lowerCases).EnumerateRunes())
        {
            bool isSpace = Rune.IsWhiteSpace(character), isPunctuation = IsPunctuation(character);
            if ((isSpace || isPunctuation) && word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }

            if (isPunctuation) yield return character.ToString();
            else if (!isSpace) word.Append(character.ToString());
        }

        if (word.Length > 0) yield return word.ToString();
    }

    private static string Normalized(string text, bool lowerCases)
    {
        var clean = new StringBuilder();
        // What is no Unicode arrives here as U+FFFD.
        foreach (Rune character in text.EnumerateRunes())
        {
            if (character.Value is 0 or 0xFFFD || IsDropped(character)) continue;
            if (IsIdeograph(character)) clean.Append(' ').Append(character.ToString()).Append(' ');
            else clean.Append(character.ToString());
        }

        if (!lowerCases) return clean.ToString();
        var bare = new StringBuilder();
        foreach (Rune character in clean.ToString().EnumerateRunes()) Unaccented.Append(bare, character);
        var small = new StringBuilder();
        foreach (Rune character in bare.ToString().EnumerateRunes()) small.Append(Rune.ToLowerInvariant(character).ToString());
        return small.ToString();
    }

    // Control, format, private use; tabs and line ends are white space.
    private static bool IsDropped(Rune character) => character.Value is not ('\t' or '\n' or '\r') &&
        Rune.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    // The blocks of unified ideographs and their compatibility forms that BERT was made with; later extensions are none.
    private static bool IsIdeograph(Rune character) => character.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    // Every sign of ASCII that is no letter, digit or space counts, also those that Unicode calls symbols ($, +, <, ^, `, |, ~).
    private static bool IsPunctuation(Rune character) =>
        character.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126) || Rune.IsPunctuation(character);

    private (int At, string Token) NextSpecial(string text, int start)
    {
        (int At, string Token) first = (text.Length, "");
        foreach (string token in _special)
        {
            int at = text.IndexOf(token, start, StringComparison.Ordinal);
            if (at >= 0 && at < first.At) first = (at, token);
        }

        return first;
    }

    private void AddPieces(string word, List<int> pieces)
    {
        int[] ends = [.. Ends(word)];
        if (ends.Length > MaximumWord)
        {
            pieces.Add(_unknown);
            return;
        }

        int before = pieces.Count, start = 0;
        while (start < word.Length)
        {
            (int id, int end) = Longest(word, start, ends);
            if (end == start)
            {
                // One piece that is not there makes the whole word unknown.
                pieces.RemoveRange(before, pieces.Count - before);
                pieces.Add(_unknown);
                return;
            }

            pieces.Add(id);
            start = end;
        }
    }

    private (int Id, int End) Longest(string word, int start, int[] ends)
    {
        for (int i = ends.Length - 1; i >= 0 && ends[i] > start; i--)
        {
            string piece = word[start..ends[i]];
            if (_vocabulary.Find(start == 0 ? piece : Vocabulary.Continuation + piece) is { } id) return (id, ends[i]);
        }

        return (_unknown, start);
    }

    // Where each character of a word ends.
    private static IEnumerable<int> Ends(string word)
    {
        int end = 0;
        foreach (Rune character in word.EnumerateRunes()) yield return end += character.Utf16SequenceLength;
    }
}
