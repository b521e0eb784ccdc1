using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sharpless.Data.Sources.Emoji;

/// <summary>A style in one file of SVG bodies, in the format of Iconify, named after the English labels.</summary>
/// <param name="Name">Name of the style.</param>
/// <param name="Licence">Of the pictures.</param>
/// <param name="Package">The package.</param>
internal sealed record EmojiIcons(string Name, string Licence, NpmPackage Package) : EmojiStyle(Name, Licence, Package)
{
    private const string Member = "package/icons.json";

    protected override bool IsDrawn => true;

    public override bool Reads(string member) => member == Member;

    protected override IEnumerable<(string Sequence, byte[] Drawing)> Drawings(IReadOnlyDictionary<string, byte[]> members, EmojiTable table)
    {
        using JsonDocument document = JsonDocument.Parse(members[Member]);
        JsonElement root = document.RootElement, icons = root.GetProperty("icons");
        IEnumerable<(string Name, string Icon)> names = icons.EnumerateObject().Select(icon => (icon.Name, icon.Name));
        if (root.TryGetProperty("aliases", out JsonElement aliases))
            names = names.Concat(aliases.EnumerateObject().Select(alias => (alias.Name, alias.Value.GetProperty("parent").GetString()!)));
        List<(string, byte[])> drawings = [];
        foreach ((string name, string icon) in names.OrderBy(item => item.Name, StringComparer.Ordinal))
            if (table.SequenceNamed(name) is { } sequence)
                drawings.Add((sequence, Drawing(root, icons.GetProperty(icon))));
        return drawings;
    }

    // The file holds the inside of the svg element, and the size where it is not that of the whole set.
    private static byte[] Drawing(JsonElement set, JsonElement icon)
    {
        string box = $"{Size("left", 0)} {Size("top", 0)} {Size("width", 16)} {Size("height", 16)}";
        return Encoding.UTF8.GetBytes(
            $"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}">{icon.GetProperty("body").GetString()}</svg>""");

        string Size(string name, int otherwise) =>
            (icon.TryGetProperty(name, out JsonElement value) || set.TryGetProperty(name, out value) ? value.GetDouble() : otherwise).ToString(CultureInfo.InvariantCulture);
    }
}
