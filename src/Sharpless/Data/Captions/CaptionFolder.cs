using System.Globalization;

namespace Sharpless.Data.Captions;

/// <summary>
/// A folder of captioned pictures in the layout of COCO: <c>annotations/captions_SPLIT.json</c>, and the pictures under <c>images/</c> or a folder named
/// after the split. Where there is a file <c>dataset_NAME.json</c> with the splits of Karpathy and Fei-Fei (arXiv:1412.2306), those count instead.
/// </summary>
public sealed class CaptionFolder
{
    private const string Prefix = "captions_", Ending = ".json", SplitsPattern = "dataset_*.json";

    private const string Layout = "Put captions into DIR/annotations/captions_SPLIT.json and pictures into DIR/images/ or DIR/SPLIT/; or get a set: sharpless data get emoji-captions";

    private readonly ICaptionAnnotations _annotations;

    private CaptionFolder(string path, ICaptionAnnotations annotations) => (Path, _annotations) = (path, annotations);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Names of the splits, in ordinal order.</summary>
    public IReadOnlyList<string> Splits => _annotations.Splits;

    /// <summary>Opens a folder. Of annotations by split only the names are read.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="UsageException">No folder, or one without annotations.</exception>
    /// <exception cref="InvalidDataException">The file of splits is damaged.</exception>
    public static CaptionFolder Open(string path)
    {
        if (!Directory.Exists(path)) throw new UsageException($"There is no folder {path}.", Layout);
        string annotations = System.IO.Path.Combine(path, "annotations");
        string[] places = [path, .. Directory.Exists(annotations) ? [annotations] : Array.Empty<string>()];
        if (places.SelectMany(place => Directory.GetFiles(place, SplitsPattern)).Order(StringComparer.Ordinal).FirstOrDefault() is { } splits)
            return new CaptionFolder(path, new KarpathyAnnotations(splits));

        Dictionary<string, string> files = places[1..].SelectMany(place => Directory.GetFiles(place, Prefix + "*" + Ending))
            .ToDictionary(file => System.IO.Path.GetFileName(file)[Prefix.Length..^Ending.Length], StringComparer.Ordinal);
        return files.Count > 0
            ? new CaptionFolder(path, new CocoAnnotations(files))
            : throw new UsageException($"{path} holds neither annotations/{Prefix}SPLIT{Ending} nor {SplitsPattern}.", Layout);
    }

    /// <summary>Reads the captions of a split and finds its pictures. They are not opened.</summary>
    /// <param name="split">
    /// Its name, or its name without a year (<c>train</c> for <c>train2014</c>). COCO publishes no captions of its test pictures: where there is no
    /// <c>test</c>, <c>val</c> stands for it.
    /// </param>
    /// <exception cref="UsageException">No such split, or pictures of it are not there.</exception>
    /// <exception cref="InvalidDataException">The annotations are damaged or contradict themselves.</exception>
    public CaptionSet Read(string split)
    {
        string name = Named(split) ?? (split == "test" ? Named("val") : null)
            ?? throw new UsageException($"{Path} has no split {split}.", $"Its splits are {string.Join(", ", Splits)}.");
        List<string> passedOver = [];
        IReadOnlyList<StoredCaptions> stored = _annotations.Read(name, passedOver);
        string[] folders = [.. new[] { "images", name, "." }.Select(folder => System.IO.Path.Combine(Path, folder)).Where(Directory.Exists)];
        List<StoredCaptions> absent = [];
        var pictures = new List<CaptionedPicture>(stored.Count);
        foreach (StoredCaptions item in stored)
        {
            if (folders.Select(folder => System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, item.FileName))).FirstOrDefault(File.Exists) is { } path)
                pictures.Add(new CaptionedPicture(item.Id, path, item.Captions));
            else
                absent.Add(item);
        }

        return absent.Count == 0
            ? new CaptionSet(name, pictures) { PassedOver = passedOver }
            : throw new UsageException(
                string.Create(CultureInfo.InvariantCulture, $"{absent.Count} of the {stored.Count} pictures of the split {name} are not there, the first is {absent[0].FileName}."),
                $"They are looked for in {string.Join(" and ", folders)}. Put them there, or take them out of the annotations.");
    }

    private string? Named(string split)
    {
        if (Splits.Contains(split)) return split;
        string[] years = [.. Splits.Where(name => name.StartsWith(split, StringComparison.Ordinal) && name[split.Length..].All(char.IsAsciiDigit))];
        return years.Length switch
        {
            0 => null,
            1 => years[0],
            _ => throw new UsageException($"{Path} has several splits {split}: {string.Join(", ", years)}.", "Name one of them."),
        };
    }
}
