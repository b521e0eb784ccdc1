namespace Sharpless.Data;

/// <summary>A data set with a name: where it comes from is known, so it can be fetched, and its files can be checked.</summary>
public abstract class KnownSet
{
    /// <summary>As on the command line, for example <c>fashion_mnist</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Other names that are understood.</summary>
    public virtual IReadOnlyList<string> Aliases => [];

    /// <summary>What it shows, in a few words.</summary>
    public abstract string Description { get; }

    /// <summary>Number of training examples.</summary>
    public abstract int TrainCount { get; }

    /// <summary>Number of test examples.</summary>
    public abstract int TestCount { get; }

    /// <summary>Licence as its distributor states it.</summary>
    public abstract string Licence { get; }

    /// <summary>Where it comes from, for example <c>Debian package dataset-fashion-mnist</c>.</summary>
    public abstract string Origin { get; }

    /// <summary>How to get it by hand, as a line to type.</summary>
    public string HowToGet => $"sharpless data get {Name}";

    /// <summary>The folder that holds all its files, or null. The files are not looked into.</summary>
    /// <param name="dataFolder">Where to look first.</param>
    public abstract string? Locate(string dataFolder);

    /// <summary>What files are that pass <see cref="Verify"/>, as a sentence goes on with it. Default <c>the published ones</c>.</summary>
    public virtual string Genuine => "the published ones";

    /// <summary>Compares every file with its known checksum.</summary>
    /// <param name="dataFolder">Where to look first.</param>
    public abstract IReadOnlyList<FileCheck> Verify(string dataFolder);

    /// <summary>Fetches the set, checks it, and puts each file in place whole or not at all. Does nothing where all is there already and undamaged.</summary>
    /// <param name="dataFolder">Where to put them, in a folder of their own.</param>
    /// <param name="progress">Told what is being done, in a few words.</param>
    /// <param name="cancel">Stops. What is kept of a download can only be gone on with: no half-fetched file is ever taken for the set.</param>
    /// <returns>The folder that holds the files.</returns>
    /// <exception cref="FailureException">It could not be fetched, or what came is not the known set.</exception>
    public abstract string Get(string dataFolder, IProgress<string>? progress = null, CancellationToken cancel = default);

    /// <summary>Puts copies of files that the user has already in place, instead of fetching them.</summary>
    /// <param name="dataFolder">Where to put them, in a folder of their own.</param>
    /// <param name="files">The published files, under any names: they are told apart by their checksums.</param>
    /// <param name="progress">Told what is being done, in a few words.</param>
    /// <param name="cancel">Stops between files.</param>
    /// <returns>The folder that holds the files.</returns>
    /// <exception cref="UsageException">A file is not one of the set, one is missing, or the set is not published as files.</exception>
    public virtual string Take(string dataFolder, IReadOnlyList<string> files, IProgress<string>? progress = null, CancellationToken cancel = default) =>
        throw new UsageException($"{Name} comes from the {Origin}, not from files of its own.", $"Leave --from out: {HowToGet}");

    /// <summary>The error of a set that is not there.</summary>
    internal UsageException Absent(string dataFolder) =>
        new($"The data set {Name} ({Origin}) was not found in {dataFolder}.", $"Get it with: {HowToGet}");
}
