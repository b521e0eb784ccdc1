using System.Globalization;
using System.Text;
using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources.Emoji;

/// <summary>
/// emoji10: 32x32 colour drawings of emoji in eight styles and ten classes (faces, animals, flags, ...), made on this machine from packages
/// under open licences. All drawings of a concept are on one side of the split, so a network is tested on things that it never saw drawn.
/// Scaled to [0, 1] and not normalized; augmented as CIFAR-10.
/// </summary>
/// <remarks>
/// Classes are unequal (objects are a fifth). The validation set is the set's own. Beside the pictures lie <c>pictures.tsv</c>, which tells
/// what each one is, and <c>LICENCES.txt</c>. The counts are those made with Debian 12's librsvg; another version may move them by a few.
/// </remarks>
internal sealed class EmojiSet : KnownImages
{
    private const string Listing = "pictures.tsv", Licences = "LICENCES.txt";

    // Sets this order apart from all other draws.
    private const ulong Stream = 4;

    /// <summary>The set.</summary>
    public static EmojiSet Set { get; } = new();

    /// <summary>What it is made of; tests put another recipe in its place.</summary>
    public EmojiRecipe Recipe { get; init; } = EmojiRecipe.Default;

    public override string Name => "emoji10";

    public override string Description => "colour drawings of emoji in eight styles, split by concept (1,063 more for validation)";

    public override ImageShape Shape => CifarRecords.Shape;

    public override int Classes => EmojiTable.Classes.Count;

    public override bool HasValidation => true;

    public override int TrainCount => 8_607;

    public override int TestCount => 875;

    public override string Licence => $"open ones, a different one for each style: see {Licences} in its folder";

    public override string Origin => $"npm package {Recipe.Table.Name} and one for each of {Recipe.Styles.Count} styles";

    private MadeFolder Folder => new(Name, [.. EmojiSplit.Parts.Select(FileOf), Listing, Licences]);

    public override string? Locate(string dataFolder) => Folder.Locate(dataFolder);

    public override string Genuine => "as they were made on this machine";

    /// <summary>Compares the files with the checksums that were written when they were made.</summary>
    public override IReadOnlyList<FileCheck> Verify(string dataFolder) => Folder.Verify(dataFolder);

    public override string Get(string dataFolder, IProgress<string>? progress = null, CancellationToken cancel = default) => Folder.Make(dataFolder, aside =>
    {
        IReadOnlyList<EmojiPicture> pictures = Recipe.Make(aside, progress, cancel);
        progress?.Report($"writing {pictures.Count} pictures");
        Write(aside, pictures);
    }, progress);

    public override ImageData Load(string dataFolder)
    {
        string place = Locate(dataFolder) ?? throw Absent(dataFolder);
        ImageSet[] parts = [.. EmojiSplit.Parts.Select(part => CifarRecords.ToSet(Path.Combine(place, FileOf(part)), [InputFile.ReadAllBytes(Path.Combine(place, FileOf(part)))], 1, Classes))];
        return new ImageData(Name, parts[0], parts[2], new CropFlip(4)).WithValidation(parts[1]);
    }

    private static string FileOf(string part) => part + ".bin";

    private void Write(string folder, IReadOnlyList<EmojiPicture> pictures)
    {
        // Shuffled once, because the first examples stand for all in evaluations.
        EmojiPicture[] shuffled = [.. Philox.Permutation(pictures.Count, key: 0, Stream << 32).Select(place => pictures[place])];
        var listing = new StringBuilder("part\tplace\tclass\tstyle\tsequence\tconcept\n");
        foreach (string part in EmojiSplit.Parts)
        {
            EmojiPicture[] chosen = [.. shuffled.Where(picture => EmojiSplit.PartOf(picture.Concept) == part)];
            File.WriteAllBytes(Path.Combine(folder, FileOf(part)), [.. chosen.SelectMany(picture => CifarRecords.Record(picture.Label, picture.Pixels))]);
            foreach ((int place, EmojiPicture picture) in chosen.Index())
                listing.Append(CultureInfo.InvariantCulture, $"{part}\t{place}\t{EmojiTable.Classes[picture.Label]}\t{picture.Style}\t{picture.Sequence}\t{picture.Concept}\n");
        }
        File.WriteAllText(Path.Combine(folder, Listing), listing.ToString());
        File.WriteAllText(Path.Combine(folder, Licences),
            $"The pictures of emoji10 were reduced to 32x32 from these packages. Names, groups and classes: {Recipe.Table.Title} (MIT).\n"
            + string.Concat(Recipe.Styles.Select(style => $"{style.Name}: {style.Licence}, {style.Package.Title}\n")));
    }
}
