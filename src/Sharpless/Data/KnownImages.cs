namespace Sharpless.Data;

/// <summary>A known set of images in classes.</summary>
public abstract class KnownImages : KnownSet, IDataSource
{
    /// <summary>Shape of every image.</summary>
    public abstract ImageShape Shape { get; }

    /// <summary>K: number of classes.</summary>
    public abstract int Classes { get; }

    /// <summary>Whether the set brings validation examples of its own, so that none are set aside.</summary>
    public virtual bool HasValidation => false;

    /// <inheritdoc/>
    public virtual Normalization? OwnNormalization => null;

    /// <inheritdoc/>
    public abstract ImageData Load(string dataFolder);
}
