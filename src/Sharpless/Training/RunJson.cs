using System.Text.Json;
using Sharpless.Torch.Files;

namespace Sharpless.Training;

/// <summary>Opens the JSON files of a run folder and reads their members with messages that name file and member.</summary>
internal static class RunJson
{
    /// <exception cref="InvalidDataException">No JSON, or not an object.</exception>
    public static JsonElement Load(string path)
    {
        using JsonDocument document = JsonFile.Parse(path, requiresUniqueNames: true);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? document.RootElement.Clone()
            : throw new InvalidDataException($"\"{path}\" holds a JSON {document.RootElement.ValueKind}, expected an object.");
    }

    /// <summary>The members of an object member in the order of the file, as text; empty where it is absent or null.</summary>
    /// <exception cref="InvalidDataException">The member is no object.</exception>
    public static OrderedDictionary<string, string> Texts(JsonElement parent, string name, string path)
    {
        var texts = new OrderedDictionary<string, string>();
        if (!TryGet(parent, name, out JsonElement member)) return texts;
        if (member.ValueKind != JsonValueKind.Object) throw Wrong(path, name, "an object", member);
        foreach (JsonProperty property in member.EnumerateObject()) texts[property.Name] = Text(property.Value);
        return texts;
    }

    /// <summary>A number, or null where the member is absent or null.</summary>
    /// <exception cref="InvalidDataException">The member is no number.</exception>
    public static double? Number(JsonElement parent, string name, string path) =>
        TryGet(parent, name, out JsonElement member) ? NumberOrNull.Of(member) ?? throw Wrong(path, name, "a number", member) : null;

    /// <summary>The items of a list as text; empty where it is absent or null.</summary>
    /// <exception cref="InvalidDataException">The member is no list.</exception>
    public static IReadOnlyList<string> List(JsonElement parent, string name, string path)
    {
        if (!TryGet(parent, name, out JsonElement member)) return [];
        return member.ValueKind == JsonValueKind.Array ? [.. member.EnumerateArray().Select(Text)] : throw Wrong(path, name, "a list", member);
    }

    /// <summary>Whether the member is there and not null.</summary>
    public static bool TryGet(JsonElement parent, string name, out JsonElement member) =>
        parent.TryGetProperty(name, out member) && member.ValueKind != JsonValueKind.Null;

    /// <summary>Text of a value: strings as they are, lists joined by commas, everything else as JSON writes it; null is empty.</summary>
    public static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(Text)),
        _ => value.GetRawText(),
    };

    /// <summary>The error for a member of another kind than expected.</summary>
    public static InvalidDataException Wrong(string path, string name, string expected, JsonElement found) =>
        new($"\"{path}\": \"{name}\" must be {expected}, found a JSON {found.ValueKind}.");
}
