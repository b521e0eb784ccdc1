using Sharpless.Data.Sources;
using Sharpless.Data.Sources.Emoji;

namespace Sharpless.Data;

/// <summary>The data sets that can be named.</summary>
public static class DataSets
{
    private const string FolderPrefix = "folder:";

    private static readonly NpzLayout?[] NpzLayouts = [null, NpzLayout.ChannelsFirst, NpzLayout.ChannelsLast];

    /// <summary>The sets that have a name.</summary>
    public static IReadOnlyList<KnownSet> Known { get; } =
        [FashionMnist.Set, Mnist.Set, CifarSet.Cifar10, CifarSet.Cifar100, CifarPair.HorseCar, CifarPair.DogCat, Svhn.Set, TinyImageNet.Set, EmojiSet.Set, EmojiCaptions.Set];

    /// <summary>The source of a name. Nothing is read, so the set need not be present.</summary>
    /// <param name="name">
    /// A name or alias of one of <see cref="Known"/> that has classes, <c>npz:FILE</c> (<c>npz-nchw:FILE</c>, <c>npz-nhwc:FILE</c> where the order of the
    /// dimensions is to be said) or <c>folder:DIR</c>.
    /// </param>
    /// <exception cref="UsageException">An unknown name (the known ones are listed), or a set without classes.</exception>
    public static IDataSource Named(string name)
    {
        foreach (NpzLayout? layout in NpzLayouts)
        {
            string prefix = NpzLayout.PrefixOf(layout);
            if (name.StartsWith(prefix, StringComparison.Ordinal)) return new NpzImages(name[prefix.Length..], layout);
        }

        return name.StartsWith(FolderPrefix, StringComparison.Ordinal) ? new ImageFolder(name[FolderPrefix.Length..])
            : KnownNamed(name) as IDataSource ?? throw new UsageException($"The pictures of {name} have captions, not classes.", "Train on them with: sharpless contrast --data DIR");
    }

    /// <summary>The known set of a name.</summary>
    /// <param name="name">A name or alias of one of <see cref="Known"/>.</param>
    /// <exception cref="UsageException">An unknown name; the known ones are listed.</exception>
    public static KnownSet KnownNamed(string name) =>
        Known.FirstOrDefault(set => set.Name == name || set.Aliases.Contains(name)) ?? throw new UsageException(
            $"There is no data set '{name}'.",
            $"Known are {string.Join(", ", Known.Select(set => set.Name))}; `train` also takes npz:FILE with x_train, y_train, x_test, y_test, and {FolderPrefix}DIR with train/CLASS/ and test/CLASS/.");

    /// <summary>A name whose path, if it has one, is absolute: it then means the same from any folder.</summary>
    /// <param name="name">As for <see cref="Named"/>.</param>
    public static string WithFullPath(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return PathPrefix(name) is { } prefix ? prefix + Path.GetFullPath(name[prefix.Length..]) : name;
    }

    /// <summary>Reads a data set into memory. A file or folder that is not at its path any more is looked for in the data folder.</summary>
    /// <param name="name">As for <see cref="Named"/>.</param>
    /// <param name="dataFolder">Where to look; see <see cref="DataFolder.Resolve(string?)"/>.</param>
    /// <param name="choice">With which constants pixels are normalized.</param>
    /// <exception cref="UsageException">Unknown, not there, or not what it should be.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static ImageData Load(string name, string dataFolder, NormalizationChoice choice = NormalizationChoice.Original)
    {
        IDataSource source = Named(WhereItIs(name, dataFolder));
        ImageData data = ClassCheck.Checked(source.Load(dataFolder));
        if (choice == NormalizationChoice.Original) return data;
        if (data.Train.Bytes == null)
            throw new UsageException($"The images of {name} are float32 and taken as they are; they cannot be normalized.", "Leave --norm out, or save them as uint8.");
        Normalization own = source.OwnNormalization ?? Normalization.Of(data.Train);
        return data with { Train = data.Train.With(own), Test = data.Test.With(own) };
    }

    // What stands before a path; null where the name is none.
    private static string? PathPrefix(string name) => NpzLayouts.Select(NpzLayout.PrefixOf).Append(FolderPrefix)
        .FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal) && name.Length > prefix.Length);

    private static string WhereItIs(string name, string dataFolder)
    {
        if (PathPrefix(name) is not { } prefix) return name;
        Func<string, bool> exists = prefix == FolderPrefix ? Directory.Exists : File.Exists;
        string path = name[prefix.Length..], moved = Path.Combine(dataFolder, Path.GetFileName(Path.TrimEndingDirectorySeparator(path)));
        if (exists(path)) return name;
        if (exists(moved)) return prefix + moved;
        throw new UsageException(
            $"There is no {(prefix == FolderPrefix ? "folder" : "file")} {path}.",
            $"{prefix} takes a path, relative to the current folder or absolute. If it was moved, name the folder that it is in now with --data-dir.");
    }
}
