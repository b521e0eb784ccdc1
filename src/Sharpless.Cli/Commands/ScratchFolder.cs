namespace Sharpless.Cli.Commands;

/// <summary>A folder for files that nobody is to see; it goes when disposed.</summary>
internal sealed class ScratchFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("sharpless-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
