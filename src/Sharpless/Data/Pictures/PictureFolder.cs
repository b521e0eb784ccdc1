using System.Globalization;
using Sharpless.Data.Sources;

namespace Sharpless.Data.Pictures;

/// <summary>Pictures in a folder: all in one, or one folder for each class, or that below one folder for each split, as ImageNet is laid out.</summary>
public sealed class PictureFolder
{
    private static readonly string[] KnownSplits = ["train", "val", "validation", "test"];

    private PictureFolder(string path, IReadOnlyList<string> names)
    {
        Path = path;
        Names = names;
        Classes = [.. names.Select(ClassOf).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The folder that holds the pictures or the folders of the classes.</summary>
    public string Path { get; }

    /// <summary>The pictures relative to <see cref="Path"/>, in ordinal order: JPEG, PNG and WebP, told by their endings.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Names of the class folders, in ordinal order; empty where the pictures lie in one folder.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Lists the pictures of a split.</summary>
    /// <param name="path">DIR/*, DIR/CLASS/* or DIR/SPLIT/CLASS/*.</param>
    /// <param name="split">Used where the folder has splits: train, val (or validation) or test.</param>
    /// <exception cref="UsageException">No such folder, no pictures in it, or splits but not this one.</exception>
    public static PictureFolder Open(string path, string split)
    {
        if (!Directory.Exists(path)) throw new UsageException($"There is no folder '{path}'.", "--data takes a folder of pictures: DIR/*, DIR/CLASS/* or DIR/SPLIT/CLASS/*.");
        string[] splits = [.. KnownSplits.Where(name => Directory.Exists(System.IO.Path.Combine(path, name)))];
        string? wanted = splits.FirstOrDefault(name => name == split || (name == "val" && split == "validation") || (name == "validation" && split == "val"));
        if (splits.Length > 0 && wanted is null) throw new UsageException($"'{path}' has no split '{split}'.", $"It has {string.Join(", ", splits)}; choose with --split.");
        string folder = wanted is null ? path : System.IO.Path.Combine(path, wanted);
        using FileTree tree = FileTree.OfFolder(folder);
        string[] names = [.. tree.Names.Where(PictureSet.IsPicture)];
        if (names.Length == 0) throw new UsageException($"'{folder}' holds no pictures (.jpg, .jpeg, .png, .webp).", "Put pictures into it, or into one folder for each class.");
        return new PictureFolder(folder, names);
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
