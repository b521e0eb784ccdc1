namespace Sharpless.Data.Sources;

/// <summary>
/// A package of Debian, fetched with apt, which checks its signature. It is not installed, so this needs no root: only its files are taken.
/// </summary>
/// <param name="Name">Name of the package.</param>
internal sealed record DebianPackage(string Name) : Package
{
    /// <summary>The apt-get program; tests put another in its place.</summary>
    public string Apt { get; init; } = "apt-get";

    /// <summary>The dpkg-deb program; tests put another in its place.</summary>
    public string Dpkg { get; init; } = "dpkg-deb";

    public override string Title => $"Debian package {Name}";

    public override Stream Fetch(string folder, CancellationToken cancel)
    {
        string byHand = $"Install it where there is apt (apt-get install {Name}), or copy its files into the data folder by hand.";
        Client.Run(Apt, ["download", Name], folder, byHand, cancel);

        string[] packages = Directory.GetFiles(folder, "*.deb");
        if (packages.Length != 1)
            throw new FailureException($"{Apt} download {Name} left {packages.Length} packages; one was expected.", "Try it by hand to see what it does.");
        string archive = Path.Combine(folder, "content.tar");
        using (FileStream content = File.Create(archive))
            Client.Run(Dpkg, ["--fsys-tarfile", packages[0]], folder, byHand, cancel, content);
        return File.OpenRead(archive);
    }
}
