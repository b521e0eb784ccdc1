namespace Sharpless.Data;

/// <summary>Where a data set comes from.</summary>
public abstract class DataSource
{
    /// <summary>As on the command line, for example <c>fashion_mnist</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Published constants of the set itself, for <see cref="NormalizationChoice.Dataset"/>; null where they are to be measured.</summary>
    public virtual Normalization? OwnNormalization => null;

    /// <summary>Reads the data set into memory.</summary>
    /// <param name="dataFolder">Where to look; see <see cref="DataFolder.Resolve(string?)"/>.</param>
    /// <exception cref="UsageException">Not there, or not what it should be.</exception>
    /// <exception cref="InvalidDataException">A file is damaged; the message names the file and the byte.</exception>
    public abstract ImageData Load(string dataFolder);
}
