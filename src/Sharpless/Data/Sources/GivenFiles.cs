using System.Security.Cryptography;

namespace Sharpless.Data.Sources;

/// <summary>Puts files that the user has already in the place of a data set. They are told apart by their checksums, so their names do not matter.</summary>
/// <param name="name">The data set.</param>
/// <param name="byHand">The line that takes all files.</param>
/// <param name="known">The files of the set.</param>
/// <param name="open">Opens what the checksum is of: the file itself, or what it holds compressed.</param>
/// <param name="origins">Where each known file is published; null to name it alone.</param>
internal sealed class GivenFiles(string name, string byHand, IReadOnlyList<KnownFile> known, Func<string, Stream> open, IReadOnlyList<Uri>? origins = null)
{
    /// <summary>Copies the files, each whole or not at all.</summary>
    /// <param name="files">The user's files.</param>
    /// <param name="place">Folder of the set; made where it is not there.</param>
    /// <param name="isThere">Whether a file of the set is in its place already.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancel">Stops between files.</param>
    /// <exception cref="UsageException">A file is not one of the set, or one is missing.</exception>
    public void Put(IReadOnlyList<string> files, string place, Predicate<KnownFile> isThere, IProgress<string>? progress, CancellationToken cancel)
    {
        Dictionary<string, string> given = [];
        foreach (string path in files)
        {
            if (!File.Exists(path)) throw new UsageException($"There is no file {path}.", byHand);
            progress?.Report($"checking {path}");
            string found = Checksum(path);
            KnownFile file = known.FirstOrDefault(file => file.Sha256 == found) ?? throw new UsageException(
                $"{path} is no file of {name}: it has SHA-256 {found}.",
                $"Published are {string.Join(", ", known.Index().Select(item => $"{origins?[item.Index].AbsoluteUri ?? item.Item.Name} ({item.Item.Sha256})"))}.");
            given[file.Name] = path;
            cancel.ThrowIfCancellationRequested();
        }

        string[] missing = [.. known.Where(file => !given.ContainsKey(file.Name) && !isThere(file)).Select(file => file.Name)];
        if (missing.Length > 0) throw new UsageException($"{name} also needs {string.Join(", ", missing)}.", $"Give all its files at once: {byHand}");

        Directory.CreateDirectory(place);
        foreach ((string file, string path) in given)
        {
            string target = Path.Combine(place, file), aside = target + ".copy";
            using (Stream content = open(path))
            using (FileStream copy = File.Create(aside))
                content.CopyTo(copy);
            File.Move(aside, target, overwrite: true);
            cancel.ThrowIfCancellationRequested();
        }
    }

    private string Checksum(string path)
    {
        try
        {
            using Stream content = open(path);
            return Convert.ToHexStringLower(SHA256.HashData(content));
        }
        catch (InvalidDataException error)
        {
            throw new UsageException($"{path} is damaged: it begins as gzip does, but cannot be uncompressed.", $"Fetch it again, then: {byHand}", error);
        }
    }
}
