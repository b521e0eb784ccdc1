using System.Text;
using System.Text.Json;

namespace Sharpless.Data.Sources.Emoji;

/// <summary>English texts about emoji, from packages that each say it in their own words.</summary>
internal sealed class EmojiTexts
{
    /// <summary>Most captions that an emoji has.</summary>
    public const int MostCaptions = 5;

    // Of a list of keywords the first ones say what is seen, later ones what it may stand for.
    private const int MostKeywords = 8;

    private readonly EmojiTable _table;
    private readonly Dictionary<string, string[]> _names = new(StringComparer.Ordinal), _keywords = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _openMojiTags = new(StringComparer.Ordinal);

    /// <summary>Reads the texts.</summary>
    /// <param name="table">Labels and keywords of emojibase.</param>
    /// <param name="names">Unicode and short names: <c>emoji.json</c> of emoji-datasource.</param>
    /// <param name="keywords">Lists of keywords by the emoji itself: <c>emoji-en-US.json</c> of emojilib.</param>
    /// <param name="openMoji">Keywords: <c>openmoji.json</c> of OpenMoji.</param>
    public EmojiTexts(EmojiTable table, byte[] names, byte[] keywords, byte[] openMoji)
    {
        _table = table;
        using JsonDocument named = JsonDocument.Parse(names), listed = JsonDocument.Parse(keywords), tagged = JsonDocument.Parse(openMoji);
        foreach (JsonElement item in named.RootElement.EnumerateArray())
        {
            string[] texts = [item.GetProperty("name").GetString()!, Words(item.GetProperty("short_name").GetString()!)];
            _names.Add(EmojiSequence.Normalize(item.GetProperty("unified").GetString()!), texts);
            if (!item.TryGetProperty("skin_variations", out JsonElement skins)) continue;
            foreach (JsonProperty skin in skins.EnumerateObject()) _names.Add(EmojiSequence.Normalize(skin.Value.GetProperty("unified").GetString()!), texts);
        }
        foreach (JsonProperty item in listed.RootElement.EnumerateObject())
            _keywords.TryAdd(EmojiSequence.OfText(item.Name), [.. item.Value.EnumerateArray().Select(word => word.GetString()!.Replace('_', ' '))]);
        foreach (JsonElement item in tagged.RootElement.EnumerateArray())
            _openMojiTags.TryAdd(EmojiSequence.Normalize(item.GetProperty("hexcode").GetString()!), item.GetProperty("openmoji_tags").GetString()!);
    }

    /// <summary>
    /// Captions of an emoji in lower case, each once: its label (which alone tells the skin tone and belongs to no other emoji), then what is said of
    /// it in any skin tone: its Unicode name, its short name, the keywords of emojibase, of emojilib and of OpenMoji.
    /// </summary>
    /// <param name="sequence">Normalized; in the table.</param>
    /// <returns>1 to <see cref="MostCaptions"/>.</returns>
    public IReadOnlyList<string> Captions(string sequence)
    {
        EmojiEntry entry = _table[sequence]!;
        IEnumerable<string> texts =
        [
            entry.Label,
            .. _names.GetValueOrDefault(sequence, []),
            Join(_table[entry.Base]!.Tags),
            Join(_keywords.GetValueOrDefault(entry.Base, [])),
            _openMojiTags.GetValueOrDefault(entry.Base, ""),
        ];
        return [.. texts.Where(text => text.Length > 0).Select(text => text.ToLowerInvariant()).Distinct(StringComparer.Ordinal).Take(MostCaptions)];

        static string Join(IReadOnlyList<string> words) => string.Join(", ", words.Take(MostKeywords));
    }

    private static string Words(string shortName) => new StringBuilder(shortName).Replace('_', ' ').Replace('-', ' ').ToString();
}
