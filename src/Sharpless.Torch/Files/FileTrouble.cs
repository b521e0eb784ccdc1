namespace Sharpless.Torch.Files;

/// <summary>Says in plain words why a file could not be opened or written: each cause has its own.</summary>
public static class FileTrouble
{
    // Error numbers of Linux.
    private const int NotPermitted = 1, InputOutput = 5, Busy = 11, Denied = 13, NotAFolder = 20;

    private const int TooLarge = 27, NoSpace = 28, ReadOnly = 30, QuotaUsed = 122;

    /// <summary>What a failed file operation means, and how to mend it.</summary>
    /// <param name="error">An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</param>
    public static (string Message, string Hint) Explain(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        const string Again = "then run the same command again; a training goes on from its checkpoint with --resume.";
        (string? what, string hint) = Number(error) switch
        {
            NoSpace => ("The disk is full", $"Make room, {Again}"),
            QuotaUsed => ("The disk quota is used up", $"Make room, {Again}"),
            TooLarge => (
                "The file would be larger than the file system or a limit (ulimit -f) allows",
                $"Raise the limit or take another disk, {Again}"),
            ReadOnly => ("The file system is read-only", "Name a place that can be written, or mount it for writing."),
            Denied or NotPermitted => (
                "There is no permission", "Check owner and permissions of the file and its folder (ls -ld), or name another place."),
            Busy => ("Another process uses the file", "Wait for it to end, or name another place."),
            NotAFolder => ("A file stands where a folder is needed", "Name another place."),
            InputOutput => ("The disk reports an error", "Check the disk, or take another one; see dmesg."),
            _ => ((string?)null, "Check the disk and the permissions, then run the same command again."),
        };
        return (what is null ? error.Message : $"{what}: {error.Message}", hint);
    }

    /// <summary>Whether the file is locked by another process.</summary>
    /// <param name="error">What opening it came to.</param>
    public static bool IsLocked(IOException error) => Number(error) == Busy;

    /// <summary>A write that .NET tells as an argument out of range, as the file error that it is; null for others.</summary>
    internal static IOException? TooLargeFor(string path, ArgumentException error) =>
        error is ArgumentOutOfRangeException { ParamName: "value" }
            ? new IOException($"File too large : '{path}'", error) { HResult = TooLarge }
            : null;

    // .NET keeps the system's number in HResult; where permission is lacking, in that of the inner exception.
    private static int Number(Exception error) => error switch
    {
        UnauthorizedAccessException { InnerException: IOException inner } => inner.HResult,
        UnauthorizedAccessException => Denied,
        _ => error.HResult,
    };
}
