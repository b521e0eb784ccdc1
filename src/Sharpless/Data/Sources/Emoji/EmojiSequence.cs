using System.Globalization;

namespace Sharpless.Data.Sources.Emoji;

/// <summary>A Unicode sequence, written as hexadecimal code points joined by <c>-</c>, and the concept that it depicts.</summary>
internal static class EmojiSequence
{
    private const string Joiner = "200D", PictureSelector = "FE0F";

    // In joined sequences: female, male, hair, and the direction that a person faces.
    private static readonly HashSet<string> Variations = ["200D", "2640", "2642", "1F9B0", "1F9B1", "1F9B2", "1F9B3", "27A1", "2194", "2195"];

    private static readonly Dictionary<string, string> Neutral = new()
    {
        ["1F468"] = "1F9D1", ["1F469"] = "1F9D1",           // man, woman: adult
        ["1F466"] = "1F9D2", ["1F467"] = "1F9D2",           // boy, girl: child
        ["1F474"] = "1F9D3", ["1F475"] = "1F9D3",           // old man, old woman: older person
        ["1F934"] = "1FAC5", ["1F478"] = "1FAC5",           // prince, princess: person with crown
        ["1F385"] = "1F9D1-1F384", ["1F936"] = "1F9D1-1F384",   // Father and Mother Christmas: Mx Claus
    };

    // Drawn alike in styles that are not part of the set: a couple with a heart, whether it is one code point or joined, and a hand that
    // points right, which is the left one in a mirror.
    private static readonly Dictionary<string, string> Alike = new() { ["1F9D1-2764-1F9D1"] = "1F491", ["1F449"] = "1F448" };

    /// <summary>One spelling for all packages: upper case, no variation selector, no leading zeros.</summary>
    public static string Normalize(string hexadecimal) =>
        string.Join('-', hexadecimal.ToUpperInvariant().Split('-').Where(part => part != PictureSelector).Select(part => part.TrimStart('0')));

    /// <summary>The normalized sequence of an emoji.</summary>
    public static string OfText(string emoji) => Normalize(string.Join('-', emoji.EnumerateRunes().Select(rune => rune.Value.ToString("X", CultureInfo.InvariantCulture))));

    /// <summary>The skin tones in a sequence, from 0 (light) to 4 (dark).</summary>
    /// <param name="sequence">Normalized.</param>
    public static IReadOnlyList<int> SkinTones(string sequence) => [.. sequence.Split('-').Where(IsSkinTone).Select(part => part[^1] - 'B')];

    /// <summary>What a sequence depicts, whatever its gender, skin tone, hair and direction. All drawings of a concept go to one side of the split.</summary>
    /// <param name="sequence">Normalized.</param>
    public static string Concept(string sequence)
    {
        string[] parts = sequence.Split('-');
        bool isJoined = parts.Contains(Joiner);
        string concept = string.Join('-', parts.Where(part => !IsSkinTone(part) && !(isJoined && Variations.Contains(part))).Select(part => Neutral.GetValueOrDefault(part, part)));
        return Alike.GetValueOrDefault(concept, concept);
    }

    // 1F3FB to 1F3FF
    private static bool IsSkinTone(string part) => part is "1F3FB" or "1F3FC" or "1F3FD" or "1F3FE" or "1F3FF";
}
