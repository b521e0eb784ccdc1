namespace Sharpless.Data.Sources;

/// <summary>
/// Pictures of the user's own, in a folder with <c>train</c> and <c>test</c> (or <c>val</c>), each with one folder for each class. Where all
/// three are there, <c>val</c> is the validation set. Classes count in the ordinal order of the folders' names; the classes of
/// <c>train</c> are those of the set. For other names of these folders see <see cref="SplitFolder"/>.
/// </summary>
/// <remarks>
/// Pictures of the kinds that <see cref="PictureSet.IsPicture"/> knows, anywhere below the folder of a class. All must be of one size: none is resized.
/// They are read in colour, grey ones too, transparent ones laid on white. Pixels are scaled to [0, 1] and not normalized. Training pictures are cropped
/// out of a black border as wide as an eighth of the shorter side (4 pixels for 32, 8 for 64) and mirrored half of the time.
/// </remarks>
internal sealed class ImageFolder(string path) : IDataSource
{
    private static readonly string Layout =
        $"Put the pictures into DIR/train/CLASS/ and DIR/test/CLASS/ (or DIR/val/CLASS/), as {string.Join(", ", PictureSet.Endings)}.";

    public string Name => "folder:" + path;

    public Normalization? OwnNormalization => null;

    public ImageData Load(string dataFolder)
    {
        if (!Directory.Exists(path)) throw new UsageException($"There is no folder {path}.", "folder: takes the path of a folder, relative to the current one or absolute.");
        using FileTree tree = FileTree.OfFolder(path);
        IReadOnlyDictionary<string, string> parts = SplitFolder.Find(path, tree.Folders.Where(folder => !folder.Contains('/', StringComparison.Ordinal)));
        // train/CLASS/NAME, or deeper
        (string Part, string Class, string Name)[] pictures = [.. tree.Names.Where(PictureSet.IsPicture).Select(name => (Parts: name.Split('/'), Name: name))
            .Where(item => item.Parts.Length > 2 && parts.Values.Contains(item.Parts[0])).Select(item => (item.Parts[0], item.Parts[1], item.Name))];
        string[] classes = !parts.TryGetValue(SplitFolder.Train, out string? trained) ? []
            : [.. pictures.Where(picture => picture.Part == trained).Select(picture => picture.Class).Distinct().Order(StringComparer.Ordinal)];
        if (classes.Length == 0) throw new UsageException($"{path} holds no pictures train/CLASS/NAME.{Instead(tree)}", Layout);
        bool HasPictures(string part) => parts.TryGetValue(part, out string? folder) && pictures.Any(picture => picture.Part == folder);
        bool hasTest = HasPictures(SplitFolder.Test), hasValidation = HasPictures(SplitFolder.Validation);
        if (!hasTest && !hasValidation) throw new UsageException($"{path} holds no pictures test/CLASS/NAME or val/CLASS/NAME.{Instead(tree)}", Layout);
        RequirePicturesInEachClass(tree, parts.Values, pictures.Select(picture => $"{picture.Part}/{picture.Class}"));

        ImageSet train = Read(SplitFolder.Train, null);
        ImageSet test = Read(hasTest ? SplitFolder.Test : SplitFolder.Validation, train.Shape);
        var augmentation = new CropFlip(Math.Min(train.Shape.Height, train.Shape.Width) / 8);
        var data = new ImageData(Name, train, test, augmentation) { LeftOut = tree.LeftOut(pictures.Select(picture => picture.Name), PictureSet.IsPicture) };
        data = data with { Notes = [.. new[] { LeftOutFiles.Describe(path, data.LeftOut) }.OfType<string>()] };
        return hasTest && hasValidation ? data.WithValidation(Read(SplitFolder.Validation, train.Shape)) : data;

        ImageSet Read(string part, ImageShape? shape)
        {
            List<(string, int)> labelled = [];
            foreach ((_, string named, string name) in pictures.Where(picture => picture.Part == parts[part]))
            {
                int label = Array.BinarySearch(classes, named, StringComparer.Ordinal);
                if (label < 0) throw new UsageException($"{Path.Combine(path, name)} is of class {named}, which has no pictures in {path}/{parts[SplitFolder.Train]}.", "A class must be trained on before it can be tested.");
                labelled.Add((name, label));
            }
            return PictureSet.Read(tree, labelled, classes.Length, shape);
        }
    }

    private static void RequirePicturesInEachClass(FileTree tree, IEnumerable<string> parts, IEnumerable<string> filled)
    {
        HashSet<string> read = [.. filled];
        string? empty = tree.Folders.FirstOrDefault(folder => folder.Split('/') is [string part, _] && parts.Contains(part) && !read.Contains(folder));
        if (empty is null) return;
        string[] there = [.. tree.Names.Where(name => name.StartsWith(empty + "/", StringComparison.Ordinal)).Select(name => name[(empty.Length + 1)..])];
        string holds = there.Length == 0 ? "it is empty" : $"it holds {string.Join(", ", there.Take(3))}{(there.Length > 3 ? $" and {there.Length - 3} more" : "")}";
        throw new UsageException(
            $"The class {Path.Combine(tree.Path, empty)} has no picture of a kind that is read ({holds}).",
            $"Put pictures into it ({string.Join(", ", PictureSet.Endings)}; others must be converted), or remove the folder.");
    }

    // What is there in place of pictures, so that a user sees what was not known.
    private static string Instead(FileTree tree)
    {
        string[] endings = [.. tree.Names.Where(name => !PictureSet.IsPicture(name)).Select(name => Path.GetExtension(name).ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal).Take(5)];
        return endings.Length == 0 ? "" : $" It holds other files: {string.Join(", ", endings.Select(ending => ending.Length == 0 ? "(no ending)" : ending))}.";
    }
}
