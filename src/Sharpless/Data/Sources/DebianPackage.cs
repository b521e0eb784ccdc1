namespace Sharpless.Data.Sources;

/// <summary>
/// A package of Debian, fetched with apt, which checks its signature. It is not installed, so this needs no root: only
/// its files are taken. Root, or sudo without a password, is used to fetch package lists where apt does not find the
/// package.
/// </summary>
/// <param name="Name">Name of the package.</param>
internal sealed record DebianPackage(string Name) : Package
{
    /// <summary>The apt-get program; tests put another in its place.</summary>
    public string Apt { get; init; } = "apt-get";

    /// <summary>The dpkg-deb program; tests put another in its place.</summary>
    public string Dpkg { get; init; } = "dpkg-deb";

    /// <summary>The sudo program; tests put another in its place.</summary>
    public string Sudo { get; init; } = "sudo";

    /// <summary>Whether the process may do what root may.</summary>
    public bool IsRoot { get; init; } = Environment.IsPrivilegedProcess;

    public override string Title => $"Debian package {Name}";

    public override Stream Fetch(string folder, CancellationToken cancel)
    {
        string byHand = $"Install it where there is apt (apt-get install {Name}), or copy its files into the data folder by hand.";
        Download(folder, byHand, cancel);

        string[] packages = Directory.GetFiles(folder, "*.deb");
        if (packages.Length != 1)
            throw new FailureException($"{Apt} download {Name} left {packages.Length} packages; one was expected.", "Try it by hand to see what it does.");
        string archive = Path.Combine(folder, "content.tar");
        using (FileStream content = File.Create(archive))
            Client.Run(Dpkg, ["--fsys-tarfile", packages[0]], folder, byHand, cancel, content);
        return File.OpenRead(archive);
    }

    // A new machine has no package lists, and old lists name packages that are gone: they are brought up to date by
    // whoever may do that.
    private void Download(string folder, string byHand, CancellationToken cancel)
    {
        try
        {
            Client.Run(Apt, ["download", Name], folder, byHand, cancel);
        }
        catch (FailureException)
        {
            if (!UpdatesLists(folder, cancel)) throw;
            Client.Run(Apt, ["download", Name], folder, byHand, cancel);
        }
    }

    private bool UpdatesLists(string folder, CancellationToken cancel)
    {
        try
        {
            if (IsRoot) Client.Run(Apt, ["update"], folder, "", cancel);
            else Client.Run(Sudo, ["-n", Apt, "update"], folder, "", cancel);
            return true;
        }
        catch (FailureException)
        {
            return false;
        }
    }
}
