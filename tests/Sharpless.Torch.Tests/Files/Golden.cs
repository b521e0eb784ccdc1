namespace Sharpless.Torch.Tests.Files;

/// <summary>Finds the reference files that tests/golden/files/make.py wrote.</summary>
internal static class Golden
{
    public static string PathOf(string name)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Sharpless.slnx"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? throw new InvalidOperationException("The tests run outside the repository."), "tests", "golden", "files", name);
    }
}
