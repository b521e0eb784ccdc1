namespace Sharpless.Torch.Tests.Files;

/// <summary>Finds the reference files that tests/golden/files/make.py wrote.</summary>
internal static class Golden
{
    /// <summary>The types of elements that files keep.</summary>
    public static readonly ScalarType[] Types =
    [
        ScalarType.Byte, ScalarType.Int8, ScalarType.Int16, ScalarType.Int32, ScalarType.Int64, ScalarType.Float16, ScalarType.Float32, ScalarType.Float64, ScalarType.Bool,
        ScalarType.BFloat16,
    ];

    public static string PathOf(string name)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Sharpless.slnx"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? throw new InvalidOperationException("The tests run outside the repository."), "tests", "golden", "files", name);
    }
}
