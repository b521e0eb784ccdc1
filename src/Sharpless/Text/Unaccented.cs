using System.Globalization;
using System.Text;

namespace Sharpless.Text;

/// <summary>Takes accents away as the published BERT normalizer does: canonical decomposition (NFD), then nonspacing marks are dropped.</summary>
/// <remarks>
/// The order among spacing marks is left as it is, where NFD would sort the few that have an order (musical signs, Hangul tone marks).
/// </remarks>
internal static class Unaccented
{
    // The Unicode standard, section 3.12: a Hangul syllable is a place in a grid of leading consonants, vowels and trailing consonants.
    private const int FirstSyllable = 0xAC00, Syllables = 11172, FirstLeading = 0x1100, FirstVowel = 0x1161, BeforeTrailing = 0x11A7, Vowels = 21, Trailings = 28;

    private static readonly Dictionary<int, Rune[]> Table = Load();

    /// <summary>Adds what a character becomes to a text.</summary>
    internal static void Append(StringBuilder text, Rune character)
    {
        if (Rune.GetUnicodeCategory(character) == UnicodeCategory.NonSpacingMark) return;
        int syllable = character.Value - FirstSyllable;
        if (syllable is >= 0 and < Syllables)
        {
            text.Append((char)(FirstLeading + (syllable / (Vowels * Trailings)))).Append((char)(FirstVowel + (syllable / Trailings % Vowels)));
            if (syllable % Trailings > 0) text.Append((char)(BeforeTrailing + (syllable % Trailings)));
        }
        else if (Table.TryGetValue(character.Value, out Rune[]? parts))
        {
            foreach (Rune part in parts) text.Append(part.ToString());
        }
        else
        {
            text.Append(character.ToString());
        }
    }

    private static Dictionary<int, Rune[]> Load()
    {
        using Stream stream = typeof(Unaccented).Assembly.GetManifestResourceStream("Sharpless.Text.Unaccented.txt")
            ?? throw new InvalidOperationException("Bug in Sharpless: the table of letters without accents is not in the assembly.");
        using var reader = new StreamReader(stream);
        Dictionary<int, Rune[]> table = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            Rune[] runes = Array.ConvertAll(line.Split(' '), code => new Rune(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
            table[runes[0].Value] = runes[1..];
        }

        return table;
    }
}
