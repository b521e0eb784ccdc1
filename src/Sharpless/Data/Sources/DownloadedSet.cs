using System.Security.Cryptography;
using Sharpless.Torch.Files;

namespace Sharpless.Data.Sources;

/// <summary>A data set in files that its makers publish on a server of their own. The files are kept as they are published.</summary>
internal abstract class DownloadedSet : KnownImages
{
    public override string Origin => Files[0].Address.Host;

    /// <summary>The published files. Tests put others in their place.</summary>
    public abstract IReadOnlyList<DownloadFile> Files { get; init; }

    /// <summary>Name of its folder in the data folder.</summary>
    protected virtual string FolderName => Name;

    private string ByHand => $"{HowToGet} --from {string.Join(' ', Files.Select(file => file.Known.Name))}";

    public override string? Locate(string dataFolder)
    {
        string place = Place(dataFolder);
        return Files.All(file => File.Exists(Path.Combine(place, file.Known.Name))) ? place : null;
    }

    public override IReadOnlyList<FileCheck> Verify(string dataFolder) => [.. Files.Select(file => Check(file.Known, Place(dataFolder)))];

    public override string Get(string dataFolder, IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        string place = Place(dataFolder);
        Download.FetchMissing(Files, place, file => Check(file.Known, place), ByHand, progress, cancel);
        return place;
    }

    public override string Take(string dataFolder, IReadOnlyList<string> files, IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        string place = Place(dataFolder);
        new GivenFiles(Name, ByHand, [.. Files.Select(file => file.Known)], InputFile.OpenRead, [.. Files.Select(file => file.Address)])
            .Put(files, place, file => File.Exists(Path.Combine(place, file.Name)), progress, cancel);
        return place;
    }

    /// <summary>Path of a published file that is there.</summary>
    /// <exception cref="UsageException">It is not there.</exception>
    protected string PathOf(DownloadFile file, string dataFolder)
    {
        string path = Path.Combine(Place(dataFolder), file.Known.Name);
        return File.Exists(path) ? path : throw Absent(dataFolder);
    }

    /// <summary>A file that is not what its name says.</summary>
    protected UsageException Wrong(string path, string found, string expected, Exception? cause = null) =>
        new($"{path} holds {found}; expected {expected}.", $"Compare it with the published file: sharpless data verify {Name}", cause);

    private string Place(string dataFolder) => Path.Combine(dataFolder, FolderName);

    private static FileCheck Check(KnownFile file, string folder)
    {
        string path = Path.Combine(folder, file.Name);
        return new FileCheck(path, file.Sha256, File.Exists(path) ? Sha256(path) : null);
    }

    private static string Sha256(string path)
    {
        using FileStream stream = InputFile.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
