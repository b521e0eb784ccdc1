namespace Sharpless.Data;

/// <summary>Result of comparing a file with its known checksum.</summary>
/// <param name="Path">Where it lies, or where it was expected.</param>
/// <param name="Expected">SHA-256 that the content should have, in hexadecimal.</param>
/// <param name="Found">SHA-256 of the content; null if the file is not there or cannot be uncompressed.</param>
public sealed record FileCheck(string Path, string Expected, string? Found)
{
    /// <summary>Whether the file is the known one.</summary>
    public bool Passed => Found == Expected;
}
