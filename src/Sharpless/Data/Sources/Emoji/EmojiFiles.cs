namespace Sharpless.Data.Sources.Emoji;

/// <summary>A style with a file for each drawing, named after its sequence.</summary>
/// <param name="Name">Name of the style.</param>
/// <param name="Licence">Of the pictures.</param>
/// <param name="Package">The package.</param>
/// <param name="Folder">Folder in the package, as <c>package/.../</c>.</param>
/// <param name="Ending">Ending of the files' names.</param>
internal sealed record EmojiFiles(string Name, string Licence, NpmPackage Package, string Folder, string Ending) : EmojiStyle(Name, Licence, Package)
{
    protected override bool IsDrawn => Ending == ".svg";

    public override bool Reads(string member) =>
        member.StartsWith(Folder, StringComparison.Ordinal) && member.EndsWith(Ending, StringComparison.Ordinal) && member.LastIndexOf('/') == Folder.Length - 1;

    protected override IEnumerable<(string Sequence, byte[] Drawing)> Drawings(IReadOnlyDictionary<string, byte[]> members, EmojiTable table) =>
        from member in members.Keys.Order(StringComparer.Ordinal) select (EmojiSequence.Normalize(member[Folder.Length..^Ending.Length]), members[member]);
}
