namespace Sharpless.Data;

/// <summary>Where the images of a classification come from.</summary>
public interface IDataSource
{
    /// <summary>As on the command line, for example <c>fashion_mnist</c>.</summary>
    string Name { get; }

    /// <summary>Published constants of the set itself, for <see cref="NormalizationChoice.Dataset"/>; null where they are to be measured.</summary>
    Normalization? OwnNormalization { get; }

    /// <summary>Reads the data set into memory.</summary>
    /// <param name="dataFolder">Where to look; see <see cref="DataFolder.Resolve(string?)"/>.</param>
    /// <exception cref="UsageException">Not there, or not what it should be.</exception>
    /// <exception cref="InvalidDataException">A file is damaged; the message names the file and the byte.</exception>
    ImageData Load(string dataFolder);
}
