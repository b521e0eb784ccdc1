using System.Text;

namespace Sharpless.Data.Sources;

/// <summary>
/// Tiny ImageNet (Stanford course CS231n): 200 classes of ImageNet, photographs of 64x64 pixels, 500 a class for training. The published
/// validation pictures (50 a class) are the test set, because the labels of the test pictures are not published, as in arXiv:2305.16292.
/// Normalized with the constants of ImageNet; augmented by a crop out of a border of 8 black pixels and mirroring.
/// </summary>
/// <remarks>
/// Read from the archive as it is published, or from an unpacked folder <c>tiny-imagenet-200</c> beside it, whose <c>val</c> folder may have
/// been reorganised into one folder for each class. A class is a folder of <c>train</c>; classes count in the ordinal order of their names.
/// </remarks>
internal sealed class TinyImageNet : DownloadedSet
{
    private const string Top = "tiny-imagenet-200", Annotations = "val/val_annotations.txt";

    /// <summary>The set.</summary>
    public static TinyImageNet Set { get; } = new();

    public override string Name => "tiny_imagenet";

    public override IReadOnlyList<string> Aliases => ["tiny-imagenet"];

    public override string Description => "colour photographs of 200 classes of ImageNet";

    public override ImageShape Shape => new(3, 64, 64);

    public override int Classes => 200;

    public override int TrainCount => 100_000;

    public override int TestCount => 10_000;

    public override string Licence => "ImageNet's terms: non-commercial research and education";

    public override Normalization? OwnNormalization { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    public override IReadOnlyList<DownloadFile> Files { get; init; } =
        [new(new Uri($"http://cs231n.stanford.edu/{Top}.zip"), new KnownFile($"{Top}.zip", 248_100_043, "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821"))];

    public override string? Locate(string dataFolder)
    {
        string place = Path.Combine(dataFolder, FolderName);
        return base.Locate(dataFolder) ?? (Directory.Exists(Path.Combine(place, Top)) ? place : null);
    }

    public override ImageData Load(string dataFolder)
    {
        string unpacked = Path.Combine(dataFolder, FolderName, Top);
        using FileTree tree = Directory.Exists(unpacked) ? FileTree.OfFolder(unpacked) : FileTree.OfZip(PathOf(Files[0], dataFolder), Top + "/");
        // train/CLASS/images/NAME.JPEG
        string[] pictures = [.. tree.Names.Where(PictureSet.IsPicture)];
        string[][] train = [.. pictures.Select(name => name.Split('/')).Where(parts => parts[0] == "train" && parts.Length > 2)];
        string[] classes = [.. train.Select(parts => parts[1]).Distinct().Order(StringComparer.Ordinal)];
        if (classes.Length == 0) throw Wrong(tree.Path, "no pictures train/CLASS/images/NAME.JPEG", "200 classes of them");
        Dictionary<string, int> labels = classes.Index().ToDictionary(item => item.Item, item => item.Index, StringComparer.Ordinal);
        if (tree.Folders.FirstOrDefault(folder => folder.Split('/') is ["train", string named] && !labels.ContainsKey(named)) is { } empty)
            throw Wrong(tree.Path, $"the class {empty} without pictures", "pictures in each");

        (string Name, int)[] trained = [.. train.Select(parts => (string.Join('/', parts), labels[parts[1]]))];
        List<(string Name, int)> tested = Validation(tree, pictures, labels);
        IReadOnlyList<string> leftOut = tree.LeftOut([.. tree.Names.Where(IsPartOfTheLayout), .. trained.Select(item => item.Name), .. tested.Select(item => item.Name)], PictureSet.IsPicture);
        return new ImageData(Name,
            PictureSet.Read(tree, trained, classes.Length, Shape, OwnNormalization),
            PictureSet.Read(tree, tested, classes.Length, Shape, OwnNormalization),
            new CropFlip(8))
        {
            LeftOut = leftOut,
            Notes = [.. new[] { LeftOutFiles.Describe(tree.Path, leftOut) }.OfType<string>()],
        };
    }

    // Texts of the archive, and the pictures of the test, whose classes are not published.
    private static bool IsPartOfTheLayout(string name) =>
        name is "wnids.txt" or "words.txt" or Annotations || name.EndsWith("_boxes.txt", StringComparison.Ordinal) || name.StartsWith("test/", StringComparison.Ordinal);

    // Published: val/images/NAME.JPEG, with a line NAME.JPEG<tab>CLASS<tab>(a box) for each. Reorganised: val/CLASS/NAME.JPEG or val/CLASS/images/NAME.JPEG.
    // Who copied instead of moving has a picture in both places: it counts once.
    private List<(string, int)> Validation(FileTree tree, string[] pictures, Dictionary<string, int> labels)
    {
        Dictionary<string, string>? annotations = null;
        List<(string, int)> result = [];
        var seen = new HashSet<(string, int)>();
        var annotated = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string name in pictures)
        {
            string[] parts = name.Split('/');
            if (parts[0] != "val" || parts.Length < 3) continue;
            string? wanted = parts[1] != "images" ? parts[1] : (annotations ??= ReadAnnotations(tree)).GetValueOrDefault(parts[2]);
            if (wanted is null) throw Wrong(tree.Path, $"{name} without a line in {Annotations}", "a class for each picture");
            if (!labels.TryGetValue(wanted, out int label)) throw Wrong(tree.Path, $"{name} of class {wanted}, which no training picture has", "the same classes");
            if (parts[1] == "images") annotated[parts[2]] = label;
            else if (annotated.TryGetValue(parts[^1], out int other) && other != label)
                throw Wrong(tree.Path, $"{name}, which is of class {labels.First(item => item.Value == other).Key} by {Annotations}", "one class for each picture");
            if (seen.Add((parts[^1], label))) result.Add((name, label));
        }
        return result.Count > 0 ? result : throw Wrong(tree.Path, "no pictures val/images/NAME.JPEG or val/CLASS/NAME.JPEG", "the validation pictures");
    }

    private Dictionary<string, string> ReadAnnotations(FileTree tree)
    {
        if (!tree.Names.Contains(Annotations)) throw Wrong(tree.Path, $"pictures val/images/*.JPEG without {Annotations}", "both");
        var classes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in Encoding.UTF8.GetString(tree.Read(Annotations)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] fields = line.Split('\t');
            if (fields.Length < 2 || !classes.TryAdd(fields[0], fields[1])) throw Wrong(tree.Path, $"the line '{line}' in {Annotations}", "NAME.JPEG, a tab, its class; each name once");
        }
        return classes;
    }
}
