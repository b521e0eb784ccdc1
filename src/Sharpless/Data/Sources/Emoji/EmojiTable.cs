using System.Globalization;
using System.Text.Json;

namespace Sharpless.Data.Sources.Emoji;

/// <summary>All emoji, their names, and the classes of those without skin tone: the data of emojibase.</summary>
internal sealed class EmojiTable
{
    private const string DataMember = "package/en/data.json", GroupMember = "package/meta/groups.json";

    // The accented letters of the English labels.
    private const string Accented = "Åãçéíñôü", Plain = "Aaceinou";

    private readonly Dictionary<string, int> _classes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EmojiEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _sequences = new(StringComparer.Ordinal);

    /// <summary>Reads the table.</summary>
    /// <param name="data">Content of <c>en/data.json</c>.</param>
    /// <param name="groups">Content of <c>meta/groups.json</c>.</param>
    public EmojiTable(byte[] data, byte[] groups)
    {
        using JsonDocument names = JsonDocument.Parse(groups), emoji = JsonDocument.Parse(data);
        JsonElement groupNames = names.RootElement.GetProperty("groups"), subgroupNames = names.RootElement.GetProperty("subgroups");
        foreach (JsonElement item in emoji.RootElement.EnumerateArray())
        {
            string sequence = EmojiSequence.Normalize(item.GetProperty("hexcode").GetString()!), label = item.GetProperty("label").GetString()!;
            _entries.Add(sequence, new EmojiEntry(label, item.TryGetProperty("tags", out JsonElement tags) ? [.. tags.EnumerateArray().Select(tag => tag.GetString()!)] : [], sequence));
            if (item.TryGetProperty("skins", out JsonElement skins))
                foreach (JsonElement skin in skins.EnumerateArray())
                    _entries.Add(EmojiSequence.Normalize(skin.GetProperty("hexcode").GetString()!), new EmojiEntry(skin.GetProperty("label").GetString()!, [], sequence));

            // The regional indicators, of which flags are made, belong to no group.
            if (!item.TryGetProperty("group", out JsonElement group)) continue;
            _sequences.TryAdd(Slug(label), sequence);
            if (ClassOf(Name(groupNames, group), Name(subgroupNames, item.GetProperty("subgroup"))) is { } number) _classes.Add(sequence, number);
        }

        static string Name(JsonElement names, JsonElement number) => names.GetProperty(number.GetInt32().ToString(CultureInfo.InvariantCulture)).GetString()!;
    }

    /// <summary>Fetches the package of emojibase and reads the table.</summary>
    /// <exception cref="FailureException">It could not be fetched, or is not the known one.</exception>
    public static EmojiTable Read(PackageReader packages, NpmPackage package)
    {
        IReadOnlyDictionary<string, byte[]> members = packages.Read(package, member => member is DataMember or GroupMember);
        return new EmojiTable(PackageReader.Member(members, DataMember, package), PackageReader.Member(members, GroupMember, package));
    }

    /// <summary>The classes, by their numbers.</summary>
    public static IReadOnlyList<string> Classes { get; } = ["face", "person", "hand-body", "animal", "plant-food", "transport", "place", "object", "symbol", "flag"];

    /// <summary>What is known of a normalized sequence; null if it is no emoji.</summary>
    public EmojiEntry? this[string sequence] => _entries.GetValueOrDefault(sequence);

    /// <summary>Class of a normalized sequence; null if it is no emoji, has a skin tone, or is of no class.</summary>
    public int? ClassOf(string sequence) => _classes.TryGetValue(sequence, out int label) ? label : null;

    /// <summary>The sequence whose English label a name spells; null if none does.</summary>
    public string? SequenceNamed(string name) => _sequences.GetValueOrDefault(Slug(name));

    // Letters and digits alone, without accents: "flag: Åland Islands" is flag-aland-islands in one package and flagalandislands in another.
    // A table, because .NET takes no accents off without a library of its own (ICU), which the program runs without.
    private static string Slug(string text) =>
        new([.. text.Select(c => Accented.IndexOf(c, StringComparison.Ordinal) is var place and >= 0 ? Plain[place] : c).Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)]);

    private static int? ClassOf(string group, string subgroup)
    {
        bool Is(params string[] starts) => starts.Any(start => subgroup.StartsWith(start, StringComparison.Ordinal));
        string? name = group switch
        {
            "smileys-emotion" => Is("face-", "cat-face", "monkey-face") ? "face" : "symbol",
            "people-body" => Is("hand", "body-parts") ? "hand-body" : Is("person-symbol") ? null : "person",
            "animals-nature" => Is("animal-") ? "animal" : "plant-food",
            "food-drink" => "plant-food",
            // Sky and time are neither.
            "travel-places" => Is("transport-") ? "transport" : Is("place-", "hotel") ? "place" : null,
            "activities" or "objects" => "object",
            "symbols" => "symbol",
            "flags" => "flag",
            _ => null,
        };
        return name is null ? null : Classes.Index().Single(item => item.Item == name).Index;
    }
}
