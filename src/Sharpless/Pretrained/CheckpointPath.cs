using Sharpless.Data;

namespace Sharpless.Pretrained;

/// <summary>Where a checkpoint lies: a path, or the name of a published file in a bucket (<c>gs://vit_models/sam/ViT-B_16.npz</c>), which is looked up in the data folder.</summary>
public static class CheckpointPath
{
    private const string Bucket = "gs://";

    /// <summary>The file that a name means.</summary>
    /// <param name="given">As on the command line.</param>
    /// <param name="dataFolder">As <see cref="DataFolder.Resolve(string?)"/> takes it.</param>
    /// <returns>A path; the file need not exist.</returns>
    /// <exception cref="UsageException">A bucket's name that leads out of the folder, or none at all.</exception>
    public static string Resolve(string given, string? dataFolder)
    {
        ArgumentNullException.ThrowIfNull(given);
        if (given.Length == 0) throw new UsageException("--model-path is empty.", "Name a file, or gs://vit_models/sam/ViT-B_16.npz.");
        if (!given.StartsWith(Bucket, StringComparison.Ordinal)) return given;
        string[] parts = given[Bucket.Length..].Split('/');
        if (parts.Length < 2 || parts.Any(part => part is "" or "." or ".." || part.Contains('\0', StringComparison.Ordinal)))
            throw new UsageException($"'{given}' is no file in a bucket.", "Such a name is gs://BUCKET/FOLDER/FILE.npz.");
        return Path.Combine([DataFolder.Resolve(dataFolder), "models", .. parts]);
    }

    /// <summary>Refuses a checkpoint that is not there, and says where to get it and where to put it.</summary>
    /// <inheritdoc cref="Resolve"/>
    /// <exception cref="UsageException">No such file.</exception>
    public static string Require(string given, string? dataFolder)
    {
        string path = Resolve(given, dataFolder);
        if (File.Exists(path)) return path;
        throw given.StartsWith(Bucket, StringComparison.Ordinal)
            ? new UsageException($"The published checkpoint {given} is not here.", $"Download https://storage.googleapis.com/{given[Bucket.Length..]} to {path} (or put the same tree of folders below the folder of --data-dir, in models/).")
            : new UsageException($"There is no checkpoint '{path}'.", "Check --model-path; a name that begins with gs:// is looked up in models/ of the data folder.");
    }
}
