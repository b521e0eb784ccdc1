using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>The four files of a data set in the format of MNIST.</summary>
internal sealed record IdxFiles(KnownFile TrainImages, KnownFile TrainLabels, KnownFile TestImages, KnownFile TestLabels)
{
    public KnownFile[] All => [TrainImages, TrainLabels, TestImages, TestLabels];
}

/// <summary>A data set of 28x28 grey pictures in ten classes, in four IDX files: MNIST and the sets made after its model.</summary>
internal sealed class IdxSet : KnownImages
{
    private readonly Package _package;
    private readonly IdxFiles _files;
    private readonly Func<string, string> _member;

    /// <summary>Describes a set.</summary>
    /// <param name="name">As on the command line.</param>
    /// <param name="description">What it shows.</param>
    /// <param name="licence">As its distributor states it.</param>
    /// <param name="package">The package that carries it.</param>
    /// <param name="files">Its files.</param>
    /// <param name="member">Name of the package's member that holds the file of a given name.</param>
    public IdxSet(string name, string description, string licence, Package package, IdxFiles files, Func<string, string> member)
    {
        (Name, Description, Licence, _package, _files, _member) = (name, description, licence, package, files, member);
        FolderName = name;
    }

    public override string Name { get; }

    public override string Description { get; }

    public override string Licence { get; }

    public override string Origin =>
        Published is [var file, ..] ? $"{_package.Title} or {file.Address.Host}" : _package.Title;

    public override IReadOnlyList<string> Aliases => OtherNames;

    public override ImageShape Shape => new(1, 28, 28);

    public override int Classes => 10;

    // An IDX file of labels is a header of eight bytes and one byte for each example.
    public override int TrainCount => (int)_files.TrainLabels.Bytes - 8;

    public override int TestCount => (int)_files.TestLabels.Bytes - 8;

    /// <summary>Other names that are understood.</summary>
    public IReadOnlyList<string> OtherNames { get; init; } = [];

    /// <summary>Name of its folder in the data folder; the set's own name unless given.</summary>
    public string FolderName { get; init; }

    /// <summary>Where the package puts the files when it is installed; null if it is never installed.</summary>
    public string? InstalledFolder { get; init; }

    /// <summary>
    /// The files as their makers publish them, compressed, in the order of <see cref="IdxFiles.All"/>: fetched where
    /// the package cannot be had. Empty where the package is the only way.
    /// </summary>
    public IReadOnlyList<DownloadFile> Published { get; init; } = [];

    /// <summary>Name of the folder, in the data folder, where other programs put the files; null if there is none.</summary>
    public string? OtherFolderName { get; init; }

    public override string? Locate(string dataFolder) => Places(dataFolder).FirstOrDefault(
        folder => _files.All.All(file => DataFiles.Find(folder, file) != null));

    public override IReadOnlyList<FileCheck> Verify(string dataFolder)
    {
        string folder = Locate(dataFolder) ?? Place(dataFolder);
        return Array.ConvertAll(_files.All, file => DataFiles.Check(folder, file));
    }

    public override ImageData Load(string dataFolder)
    {
        string folder = Locate(dataFolder) ?? throw Absent(dataFolder);
        return new ImageData(Name, Read(folder, _files.TrainImages, _files.TrainLabels), Read(folder, _files.TestImages, _files.TestLabels));
    }

    public override string Get(string dataFolder, IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        if (Locate(dataFolder) is { } present)
        {
            progress?.Report($"checking {present}");
            if (Verify(dataFolder).All(file => file.Passed)) return present;
        }
        string place = Place(dataFolder);
        try
        {
            TakeFromPackage(place, progress, cancel);
        }
        catch (NoPackageException error)
        {
            progress?.Report($"the {_package.Title} could not be had: {error.Reason.Message}");
            FetchPublished(place, error.Reason, progress, cancel);
        }
        return place;
    }

    public override string Take(string dataFolder, IReadOnlyList<string> files, IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        string place = Place(dataFolder);
        var given = new GivenFiles(Name, ByHand, _files.All, DataFiles.OpenContent);
        given.Put(files, place, file => DataFiles.Find(place, file) is not null, progress, cancel);
        return place;
    }

    private void TakeFromPackage(string place, IProgress<string>? progress, CancellationToken cancel) =>
        NewFolder.Create(place, IsOwn, aside =>
        {
            try
            {
                progress?.Report($"fetching the {_package.Title}");
                string download = Directory.CreateDirectory(Path.Combine(aside, "download")).FullName;
                using (Stream archive = _package.Fetch(download, cancel))
                {
                    progress?.Report("unpacking and checking");
                    TarMembers.Extract(archive, _files.All.ToDictionary(file => _member(file.Name)), aside, cancel);
                }
                Directory.Delete(download, recursive: true);
            }
            catch (FailureException error) when (Published.Count > 0)
            {
                throw new NoPackageException(error);
            }
        });

    // Straight into the place, where what a broken connection has left is found the next time.
    private void FetchPublished(
        string place,
        FailureException reason,
        IProgress<string>? progress,
        CancellationToken cancel
    )
    {
        foreach (KnownFile file in _files.All)
        {
            // A damaged file would be found before the new one, which has another of its names.
            if (DataFiles.Find(place, file) is { } path && !DataFiles.Check(place, file).Passed) File.Delete(path);
        }
        try
        {
            Download.FetchMissing(Published, place, file => Check(place, file), ByHand, progress, cancel);
        }
        catch (FailureException error)
        {
            throw new FailureException(
                $"{Name} can be had neither from the {_package.Title} nor from its makers. "
                    + $"{reason.Message} {error.Message}",
                error.Hint,
                error
            );
        }
    }

    private FileCheck Check(string place, DownloadFile published) =>
        DataFiles.Check(place, _files.All[Published.Index().First(item => item.Item == published).Index]);

    private bool IsOwn(string entry) =>
        _files.All.Any(file => DataFiles.Is(entry, file))
        || Published.Any(file => entry == Download.PartOf(file.Known.Name));

    private ImageSet Read(string folder, KnownFile imageFile, KnownFile labelFile)
    {
        string imagePath = DataFiles.Find(folder, imageFile)!, labelPath = DataFiles.Find(folder, labelFile)!;
        IdxFile images = IdxFile.Read(imagePath), labels = IdxFile.Read(labelPath);
        if (images.Shape is not [_, 28, 28]) throw Wrong(imagePath, $"an array of shape [{string.Join(", ", images.Shape)}]", "[N, 28, 28]");
        long count = images.Shape[0];
        if (labels.Shape is not [long labelled] || labelled != count)
            throw Wrong(labelPath, $"an array of shape [{string.Join(", ", labels.Shape)}]", $"[{count}], one label for each image");
        int bad = Array.FindIndex(labels.Values, label => label >= Classes);
        if (bad >= 0) throw Wrong(labelPath, $"label {labels.Values[bad]} at position {bad}", $"labels 0 to {Classes - 1}");
        return new ImageSet(Shape, images.Values, Array.ConvertAll(labels.Values, label => (int)label), Classes);
    }

    private UsageException Wrong(string path, string found, string expected) =>
        new($"{path} holds {found}; expected {expected}.", $"Compare it with the published file: sharpless data verify {Name}");

    private string ByHand => $"{HowToGet} --from {string.Join(' ', _files.All.Select(file => file.Name))}";

    private string Place(string dataFolder) => Path.Combine(dataFolder, FolderName);

    private IEnumerable<string> Places(string dataFolder) =>
        new[] { Place(dataFolder), OtherFolderName is null ? null : Path.Combine(dataFolder, OtherFolderName), InstalledFolder }.OfType<string>();

    private sealed class NoPackageException(FailureException reason) : Exception(reason.Message, reason)
    {
        public FailureException Reason => reason;
    }
}
