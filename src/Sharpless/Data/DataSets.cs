using Sharpless.Data.Sources;

namespace Sharpless.Data;

/// <summary>The data sets that can be named.</summary>
public static class DataSets
{
    private const string NpzPrefix = "npz:";

    /// <summary>The sets that packages carry.</summary>
    public static IReadOnlyList<PackagedSet> Packaged { get; } = [FashionMnist.Set, Mnist.Set];

    /// <summary>The source of a name. Nothing is read, so the set need not be present.</summary>
    /// <param name="name">A name or alias of one of <see cref="Packaged"/>, or <c>npz:FILE</c>.</param>
    /// <exception cref="UsageException">An unknown name; the known ones are listed.</exception>
    public static DataSource Named(string name) =>
        name.StartsWith(NpzPrefix, StringComparison.Ordinal) ? new NpzImages(name[NpzPrefix.Length..]) : PackagedNamed(name);

    /// <summary>The packaged set of a name.</summary>
    /// <param name="name">A name or alias of one of <see cref="Packaged"/>.</param>
    /// <exception cref="UsageException">An unknown name; the known ones are listed.</exception>
    public static PackagedSet PackagedNamed(string name) =>
        Packaged.FirstOrDefault(set => set.Name == name || set.Aliases.Contains(name)) ?? throw new UsageException(
            $"There is no data set '{name}'.",
            $"Known are {string.Join(", ", Packaged.Select(set => set.Name))}; `train` also takes {NpzPrefix}FILE with x_train, y_train, x_test, y_test.");

    /// <summary>Reads a data set into memory.</summary>
    /// <param name="name">As for <see cref="Named"/>.</param>
    /// <param name="dataFolder">Where to look; see <see cref="DataFolder.Resolve(string?)"/>.</param>
    /// <exception cref="UsageException">Unknown, not there, or not what it should be.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static ImageData Load(string name, string dataFolder) => Named(name).Load(dataFolder);
}
