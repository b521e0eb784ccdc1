using System.Text.Encodings.Web;
using System.Text.Json;
using Sharpless.Torch.Pictures;

namespace Sharpless.Data.Sources.Emoji;

/// <summary>
/// emoji-captions: 64x64 drawings of emoji in eight styles, each with up to five English captions, in the layout of COCO, made on this machine from
/// packages under open licences. Splits: <c>train</c>; <c>val</c> and <c>test</c> (concepts held out), <c>style</c> (one style held out),
/// <c>composition</c> (pairs of emoji and skin tone held out); and <c>rest</c>, further drawings of what is held out.
/// </summary>
/// <remarks>
/// In the splits that are tested on no label and no picture occurs twice: the first caption of a picture is its label. Beside the annotations lie
/// <c>pictures.tsv</c>, which tells what each picture is, and <c>LICENCES.txt</c>.
/// </remarks>
internal sealed class EmojiCaptions : KnownSet
{
    private const string Annotations = "annotations", Pictures = "images", Listing = "pictures.tsv", Licences = "LICENCES.txt";

    // Sets this order apart from all other draws.
    private const ulong Stream = 8;

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new NumberOrNull() },
    };

    /// <summary>The set.</summary>
    public static EmojiCaptions Set { get; } = new();

    /// <summary>What it is made of; tests put another recipe in its place.</summary>
    public EmojiCaptionRecipe Recipe { get; init; } = EmojiCaptionRecipe.Default;

    public override string Name => "emoji-captions";

    public override IReadOnlyList<string> Aliases => ["emoji_captions"];

    public override string Description => "drawings of emoji in eight styles and what they are called, for contrast --data";

    public override int TrainCount => 10_099;

    public override int TestCount => 285;

    public override string Licence => $"open ones, a different one for each style: see {Licences} in its folder";

    public override string Origin => $"npm packages {Recipe.Table.Name} and {Recipe.Keywords.Name}, and one for each of {Recipe.Styles.Count} styles";

    private MadeFolder Folder => new(Name, [.. Enum.GetValues<EmojiCaptionPart>().Select(FileOf), Pictures, Listing, Licences]);

    public override string? Locate(string dataFolder) => Folder.Locate(dataFolder);

    /// <summary>Compares the files with the checksums that were written when they were made.</summary>
    public override IReadOnlyList<FileCheck> Verify(string dataFolder) => Folder.Verify(dataFolder);

    public override string Get(string dataFolder, IProgress<string>? progress = null, CancellationToken cancel = default) => Folder.Make(dataFolder, aside =>
    {
        IReadOnlyList<CaptionedEmoji> pictures = Recipe.Make(aside, progress, cancel);
        progress?.Report($"writing {pictures.Count} pictures");
        Write(aside, pictures);
    }, progress);

    private static string NameOf(EmojiCaptionPart part) => part.ToString().ToLowerInvariant();

    private static string FileOf(EmojiCaptionPart part) => $"{Annotations}/captions_{NameOf(part)}.json";

    private void Write(string folder, IReadOnlyList<CaptionedEmoji> pictures)
    {
        Directory.CreateDirectory(Path.Combine(folder, Pictures));
        Directory.CreateDirectory(Path.Combine(folder, Annotations));
        PictureSet.InParallel(pictures.Count, place => File.WriteAllBytes(
            Path.Combine(folder, Pictures, pictures[place].FileName), PictureFile.EncodePng(pictures[place].Pixels, CaptionedEmoji.Side, CaptionedEmoji.Side)));

        IReadOnlyList<EmojiCaptionPart> parts = EmojiCaptionSplit.Divide(pictures, EmojiCaptionRecipe.HeldOutStyle);
        // Shuffled once, because the first pictures stand for all in evaluations.
        int[] order = Philox.Permutation(pictures.Count, key: 0, Stream << 32);
        foreach (EmojiCaptionPart part in Enum.GetValues<EmojiCaptionPart>())
            File.WriteAllText(Path.Combine(folder, FileOf(part)), JsonSerializer.Serialize(Content(part, pictures, [.. order.Where(place => parts[place] == part)]), Format));

        File.WriteAllText(Path.Combine(folder, Listing), "file\tsplit\tstyle\tsequence\tconcept\tlabel\n" + string.Concat(pictures.Zip(parts,
            (picture, part) => $"{picture.FileName}\t{NameOf(part)}\t{picture.Style}\t{picture.Sequence}\t{picture.Concept}\t{picture.Captions[0]}\n")));
        File.WriteAllText(Path.Combine(folder, Licences),
            $"""
            The pictures of emoji-captions were laid on white and brought to {CaptionedEmoji.Side}x{CaptionedEmoji.Side}, from these packages.
            {string.Join('\n', Recipe.Styles.Select(style => $"{style.Name}: {style.Licence}, {style.Package.Title}"))}
            The captions are from
            {Recipe.Table.Title}: MIT
            {Recipe.Keywords.Title}: MIT
            the names in emoji.json of emoji-datasource: MIT; the tags in openmoji.json of OpenMoji: CC BY-SA 4.0

            """);
    }

    // As COCO's own files; numbers of pictures count from 1 in the order of the listing.
    private object Content(EmojiCaptionPart part, IReadOnlyList<CaptionedEmoji> pictures, int[] places) => new
    {
        Info = new { Description = $"emoji-captions, split {NameOf(part)}", Version = "1" },
        Licenses = Recipe.Styles.Select((style, i) => new { Id = i + 1, Name = $"{style.Name}: {style.Licence}" }),
        Images = places.Select(place => new
        {
            Id = place + 1,
            pictures[place].FileName,
            Width = CaptionedEmoji.Side,
            Height = CaptionedEmoji.Side,
            License = Recipe.Styles.Index().Single(style => style.Item.Name == pictures[place].Style).Index + 1,
        }),
        Annotations = places.SelectMany(place => pictures[place].Captions.Select((caption, k) => new { Id = (place + 1) * 10 + k, ImageId = place + 1, Caption = caption })),
    };
}
