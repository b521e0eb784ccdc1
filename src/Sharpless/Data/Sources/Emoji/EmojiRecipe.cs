namespace Sharpless.Data.Sources.Emoji;

/// <summary>What emoji10 is made of: the table of emoji, and one family of drawings for each open licence found.</summary>
/// <param name="Table">The package of emojibase.</param>
/// <param name="Styles">The styles; no two of them share their drawings.</param>
internal sealed record EmojiRecipe(NpmPackage Table, IReadOnlyList<EmojiStyle> Styles)
{
    /// <summary>The recipe of emoji10. Pictures of Apple and Facebook are left out: their makers allow no such use.</summary>
    public static EmojiRecipe Default { get; } = new(
        new NpmPackage("emojibase-data", "17.0.0", "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a"),
        [
            new EmojiFiles("google", "Apache-2.0 (Google, Noto Emoji)", new NpmPackage("emoji-datasource-google", "16.0.0", "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438"), "package/img/google/64/", ".png"),
            new EmojiFiles("twitter", "CC BY 4.0 (Twitter, Twemoji)", new NpmPackage("emoji-datasource-twitter", "16.0.0", "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877"), "package/img/twitter/64/", ".png"),
            new EmojiFiles("fluent-3d", "MIT (Microsoft, Fluent Emoji)", new NpmPackage("@lobehub/fluent-emoji-3d", "1.1.0", "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58"), "package/assets/", ".webp"),
            new EmojiFiles("openmoji", "CC BY-SA 4.0 (OpenMoji)", new NpmPackage("openmoji", "17.0.0", "55ee7d13485dec86e9f38c1f3a645a13382d33ff97c0cd845ee824b0aef45e68"), "package/color/svg/", ".svg"),
            new EmojiIcons("noto-v1", "Apache-2.0 (Google, Noto Emoji)", new NpmPackage("@iconify-json/noto-v1", "1.2.5", "2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37")),
            new EmojiIcons("emojione", "CC BY 4.0 (EmojiOne 2)", new NpmPackage("@iconify-json/emojione", "1.2.3", "26a14f44284407e8bcde91799388dca2bfd91dbcd55a97f425524a1c5b73610e")),
            new EmojiIcons("emojione-v1", "CC BY-SA 4.0 (EmojiOne 1)", new NpmPackage("@iconify-json/emojione-v1", "1.2.3", "6641d59d48a42823fdc2b84e7427e9f302944eb98d2c7d94d6e67c139e7b37b3")),
            new EmojiIcons("fxemoji", "Apache-2.0 (Mozilla, FxEmojis)", new NpmPackage("@iconify-json/fxemoji", "1.2.2", "f3e72b3c59d05e1db03b7e308d55c0d05bd7ba3f625a90da1b79313c12858eef")),
        ]);

    /// <summary>Fetches the packages one by one, draws, and cleans.</summary>
    /// <param name="folder">For the downloads; each is removed once it is read.</param>
    /// <param name="progress">Told what is being done, in a few words.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="FailureException">A package could not be fetched, or is not the known one.</exception>
    public IReadOnlyList<EmojiPicture> Make(string folder, IProgress<string>? progress, CancellationToken cancel)
    {
        var packages = new PackageReader(folder, progress, cancel);
        var table = EmojiTable.Read(packages, Table);
        List<EmojiPicture> pictures = [];
        foreach (EmojiStyle style in Styles)
        {
            IReadOnlyList<EmojiDrawing> drawn = style.Draw(packages.Read(style.Package, style.Reads), table, sequence => table.ClassOf(sequence) is not null, EmojiPicture.Side);
            progress?.Report($"  {style.Name}: {drawn.Count} pictures");
            pictures.AddRange(drawn.Select(drawing => new EmojiPicture(style.Name, drawing.Sequence, table.ClassOf(drawing.Sequence)!.Value, EmojiSequence.Concept(drawing.Sequence), drawing.Pixels)));
        }
        return EmojiCleaning.Clean(pictures);
    }
}
