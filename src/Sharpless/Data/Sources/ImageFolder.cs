namespace Sharpless.Data.Sources;

/// <summary>
/// Pictures of the user's own, in a folder with <c>train</c> and <c>test</c> (or <c>val</c>), each with one folder for each class. Where all
/// three are there, <c>val</c> is the validation set. Classes count in the ordinal order of the folders' names; the classes of
/// <c>train</c> are those of the set.
/// </summary>
/// <remarks>
/// JPEG, PNG and WebP, anywhere below the folder of a class. All pictures must be of one size: none is resized. They are read in colour,
/// grey ones too, transparent ones laid on white. Pixels are scaled to [0, 1] and not normalized. Training pictures are cropped out of a
/// black border as wide as an eighth of the shorter side (4 pixels for 32, 8 for 64) and mirrored half of the time.
/// </remarks>
internal sealed class ImageFolder(string path) : IDataSource
{
    private const string Layout = "Put the pictures into DIR/train/CLASS/ and DIR/test/CLASS/ (or DIR/val/CLASS/), as .jpg, .jpeg, .png or .webp.";

    public string Name => "folder:" + path;

    public Normalization? OwnNormalization => null;

    public ImageData Load(string dataFolder)
    {
        if (!Directory.Exists(path)) throw new UsageException($"There is no folder {path}.", "folder: takes the path of a folder, relative to the current one or absolute.");
        using FileTree tree = FileTree.OfFolder(path);
        (string Part, string Class, string Name)[] pictures = [.. tree.Names.Where(PictureSet.IsPicture).Select(name => (Parts: name.Split('/'), Name: name))
            .Where(item => item.Parts.Length > 2).Select(item => (item.Parts[0], item.Parts[1], item.Name))];
        string[] classes = [.. pictures.Where(picture => picture.Part == "train").Select(picture => picture.Class).Distinct().Order(StringComparer.Ordinal)];
        if (classes.Length == 0) throw new UsageException($"{path} holds no pictures train/CLASS/NAME.", Layout);
        bool hasTest = pictures.Any(picture => picture.Part == "test"), hasValidation = pictures.Any(picture => picture.Part == "val");
        if (!hasTest && !hasValidation) throw new UsageException($"{path} holds no pictures test/CLASS/NAME or val/CLASS/NAME.", Layout);

        ImageSet train = Read("train", null);
        ImageSet test = Read(hasTest ? "test" : "val", train.Shape);
        var augmentation = new CropFlip(Math.Min(train.Shape.Height, train.Shape.Width) / 8);
        var data = new ImageData(Name, train, test, augmentation);
        return hasTest && hasValidation ? data.WithValidation(Read("val", train.Shape)) : data;

        ImageSet Read(string part, ImageShape? shape)
        {
            List<(string, int)> labelled = [];
            foreach ((_, string named, string name) in pictures.Where(picture => picture.Part == part))
            {
                int label = Array.BinarySearch(classes, named, StringComparer.Ordinal);
                if (label < 0) throw new UsageException($"{Path.Combine(path, name)} is of class {named}, which has no pictures in {path}/train.", "A class must be trained on before it can be tested.");
                labelled.Add((name, label));
            }
            return PictureSet.Read(tree, labelled, classes.Length, shape);
        }
    }
}
