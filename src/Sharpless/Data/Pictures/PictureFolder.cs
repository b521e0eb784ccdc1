using System.Globalization;
using Sharpless.Data.Sources;

namespace Sharpless.Data.Pictures;

/// <summary>Pictures in a folder: all in one, or one folder for each class, or that below one folder for each split, as ImageNet is laid out.</summary>
public sealed class PictureFolder
{
    private PictureFolder(FileTree tree, IReadOnlyList<string> names)
    {
        Path = tree.Path;
        Names = names;
        string[] filled = [.. names.Select(ClassOf).OfType<string>().Distinct()];
        // A folder without pictures keeps its number among the classes.
        string[] folders = [.. tree.Folders.Where(folder => !folder.Contains('/', StringComparison.Ordinal))];
        Classes = filled.Length == 0 ? [] : [.. filled.Union(folders).Order(StringComparer.Ordinal)];
        LeftOut = [.. tree.LeftOut(names, PictureSet.IsPicture), .. Classes.Except(tree.Names.Select(ClassOf).OfType<string>()).Select(name => name + "/")];
    }

    /// <summary>The folder that holds the pictures or the folders of the classes.</summary>
    public string Path { get; }

    /// <summary>The pictures relative to <see cref="Path"/>, in ordinal order, told by their endings (<see cref="Torch.Pictures.PictureFile.Endings"/>).</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Files that are passed over because they do not end so, hidden pictures, and empty folders, relative to <see cref="Path"/>.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>A sentence on <see cref="LeftOut"/> for people; null where nothing was passed over.</summary>
    public string? LeftOutInWords => LeftOutFiles.Describe(Path, LeftOut);

    /// <summary>Names of the class folders, in ordinal order, also of those without pictures; empty where the pictures lie in one folder.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Lists the pictures of a split.</summary>
    /// <param name="path">DIR/*, DIR/CLASS/* or DIR/SPLIT/CLASS/*.</param>
    /// <param name="split">Used where the folder has splits: train, val (or valid, validation) or test, in capital letters or small ones.</param>
    /// <exception cref="UsageException">No such folder, no pictures in it, or splits but not this one.</exception>
    public static PictureFolder Open(string path, string split)
    {
        if (!Directory.Exists(path)) throw new UsageException($"There is no folder '{path}'.", "--data takes a folder of pictures: DIR/*, DIR/CLASS/* or DIR/SPLIT/CLASS/*.");
        IReadOnlyDictionary<string, string> splits = SplitFolder.Find(path, Directory.EnumerateDirectories(path).Select(folder => System.IO.Path.GetFileName(folder)!));
        string? wanted = SplitFolder.PartOf(split) is { } part ? splits.GetValueOrDefault(part) : null;
        if (splits.Count > 0 && wanted is null)
            throw new UsageException($"'{path}' has no split '{split}'.", $"It has {string.Join(", ", splits.Values.Order(StringComparer.Ordinal))}; choose with --split.");
        string folder = wanted is null ? path : System.IO.Path.Combine(path, wanted);
        using FileTree tree = FileTree.OfFolder(folder);
        string[] names = [.. tree.Names.Where(PictureSet.IsPicture)];
        if (names.Length == 0)
        {
            string others = LeftOutFiles.Describe(folder, tree.LeftOut([], PictureSet.IsPicture)) is { } text ? $" {text}" : "";
            throw new UsageException(
                $"'{folder}' holds no pictures ({string.Join(", ", PictureSet.Endings)}).{others}", "Put pictures into it, or into one folder for each class.");
        }

        return new PictureFolder(tree, names);
    }

    /// <summary>The class of a picture for a network of so many classes.</summary>
    /// <param name="classes">K.</param>
    /// <returns>
    /// For each picture the number of its folder among all, in ordinal order, where there are K of them; folders named 0 to K - 1 are numbers themselves, also where some
    /// are missing. Null where neither holds: then nobody knows which output a folder is.
    /// </returns>
    public IReadOnlyList<int>? Labels(int classes)
    {
        if (Classes.Count == 0 || Names.Any(name => ClassOf(name) is null)) return null;
        bool areNumbers = Classes.All(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < classes);
        if (!areNumbers && Classes.Count != classes) return null;
        Dictionary<string, int> labels = Classes.Index().ToDictionary(item => item.Item, item => areNumbers ? int.Parse(item.Item, CultureInfo.InvariantCulture) : item.Index, StringComparer.Ordinal);
        return [.. Names.Select(name => labels[ClassOf(name)!])];
    }

    private static string? ClassOf(string name) => name.IndexOf('/', StringComparison.Ordinal) is > 0 and int end ? name[..end] : null;
}
