namespace Sharpless.Data.Sources.Emoji;

/// <summary>What emoji-captions is made of: drawings under open licences, and packages that name and describe them.</summary>
/// <param name="Table">The package of emojibase.</param>
/// <param name="Keywords">The package of emojilib.</param>
/// <param name="Styles">The styles; no two of them share their drawings. Two of their packages carry texts too.</param>
internal sealed record EmojiCaptionRecipe(NpmPackage Table, NpmPackage Keywords, IReadOnlyList<EmojiStyle> Styles)
{
    /// <summary>The style that is not trained on.</summary>
    public const string HeldOutStyle = "openmoji";

    private const string KeywordMember = "package/dist/emoji-en-US.json", NameMember = "package/emoji.json", OpenMojiMember = "package/data/openmoji.json";

    // The styles of which the drawings with skin tones are taken: others have too many for their share of what is learnt.
    private static readonly string[] StylesWithSkinTones = ["google", "twitter"];

    /// <summary>The recipe of emoji-captions: the styles of emoji10.</summary>
    public static EmojiCaptionRecipe Default { get; } = new(
        EmojiRecipe.Default.Table,
        new NpmPackage("emojilib", "4.0.3", "7f9a6b43cff31d18985b7d65d11faba5bd971cbcc60020cf6d09322fbaaaf303"),
        EmojiRecipe.Default.Styles);

    /// <summary>Fetches the packages one by one, draws and captions.</summary>
    /// <param name="folder">For the downloads; each is removed once it is read.</param>
    /// <param name="progress">Told what is being done, in a few words.</param>
    /// <param name="cancel">Stops.</param>
    /// <returns>Sorted by style (in the order of styles), then sequence; concepts joined where they share a picture.</returns>
    /// <exception cref="FailureException">A package could not be fetched, or is not the known one.</exception>
    public IReadOnlyList<CaptionedEmoji> Make(string folder, IProgress<string>? progress, CancellationToken cancel)
    {
        var packages = new PackageReader(folder, progress, cancel);
        EmojiTable table = EmojiTable.Read(packages, Table);
        byte[] keywords = PackageReader.Member(packages.Read(Keywords, member => member == KeywordMember), KeywordMember, Keywords);
        byte[]? names = null, openMoji = null;
        List<(string Style, EmojiDrawing Drawing)> drawings = [];
        foreach (EmojiStyle style in Styles)
        {
            IReadOnlyDictionary<string, byte[]> members = packages.Read(style.Package, member => style.Reads(member) || member is NameMember or OpenMojiMember);
            names ??= members.GetValueOrDefault(NameMember);
            openMoji ??= members.GetValueOrDefault(OpenMojiMember);
            bool isWanted(string sequence) => table[sequence] is { } entry && (entry.Base == sequence || StylesWithSkinTones.Contains(style.Name));
            // A package may hold a drawing under two spellings of its sequence.
            EmojiDrawing[] drawn = [.. style.Draw(members.Where(member => style.Reads(member.Key)).ToDictionary(), table, isWanted, CaptionedEmoji.Side)
                .DistinctBy(drawing => drawing.Sequence).OrderBy(drawing => drawing.Sequence, StringComparer.Ordinal)];
            progress?.Report($"  {style.Name}: {drawn.Length} pictures");
            drawings.AddRange(drawn.Select(drawing => (style.Name, drawing)));
        }

        if (names is null || openMoji is null) throw new FailureException($"None of the packages holds {(names is null ? NameMember : OpenMojiMember)}.", "They may be other versions: report it if this stays.");
        var texts = new EmojiTexts(table, names, keywords, openMoji);
        CaptionedEmoji[] pictures = [.. drawings.Select(item => new CaptionedEmoji(
            item.Style, item.Drawing.Sequence, table[item.Drawing.Sequence]!.Base, EmojiSequence.Concept(item.Drawing.Sequence), texts.Captions(item.Drawing.Sequence), item.Drawing.Pixels))];
        var joined = new JoinedConcepts(pictures.ToLookup(picture => picture.Key, StringComparer.Ordinal).Select(same => same.Select(picture => picture.Concept)));
        return [.. pictures.Select(picture => picture with { Concept = joined[picture.Concept] })];
    }
}
