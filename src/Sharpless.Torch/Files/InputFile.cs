using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Sharpless.Torch.Files;

/// <summary>Opens the files that a user names or puts into a folder. Every reader opens its files here.</summary>
/// <remarks>
/// Refused at once, so that nothing waits for ever and nobody has to guess: pipes, devices and sockets, folders, files without
/// permission, and what a failed download leaves (pointers of Git LFS, pages of HTML). What the file should hold instead is for its reader.
/// </remarks>
public static class InputFile
{
    private const string Expected = "a file";

    /// <summary>Opens a file to be read at any place. Owned by the caller.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="DirectoryNotFoundException">No such folder.</exception>
    /// <exception cref="InvalidDataException">No file, or one that cannot be opened; see the remarks.</exception>
    public static SafeFileHandle Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = new FilePlace(path);
        if (path.Length == 0) throw new InvalidDataException("An empty path names no file; expected the path of a file.");
        if (path.Contains('\0', StringComparison.Ordinal)) throw file.Refusal("a path with a zero byte", Expected, "Check the path.");
        if (FileKind.Stream(path) is string kind)
            throw file.Refusal(kind, Expected, "Files are read at any place and more than once: write the data to a file first, and name that.");
        if (Directory.Exists(path)) throw file.Refusal("a folder", Expected, "Name a file inside it.");
        SafeFileHandle handle = OpenHandle(path, file);
        try
        {
            Span<byte> start = stackalloc byte[ForeignContent.Length];
            start = start[..RandomAccess.Read(handle, start, 0)];
            if (ForeignContent.FailedDownload(start) is { } foreign) throw file.Refusal(foreign.What, "the file itself", foreign.Mend);
            return handle;
        }
        catch (Exception exception)
        {
            handle.Dispose();
            if (exception is IOException or UnauthorizedAccessException) throw Unreadable(file, exception);
            throw;
        }
    }

    /// <summary>Opens a file as a stream. Owned by the caller.</summary>
    /// <inheritdoc cref="Open"/>
    public static FileStream OpenRead(string path) => new(Open(path), FileAccess.Read, bufferSize: 1 << 16);

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="DirectoryNotFoundException">No such folder.</exception>
    /// <exception cref="InvalidDataException">No file, one that cannot be opened, or more than 2 GB.</exception>
    public static byte[] ReadAllBytes(string path)
    {
        using SafeFileHandle handle = Open(path);
        var source = new FileSource(path, handle);
        if (source.Length > Array.MaxLength) throw new FilePlace(path).Refusal($"{source.Length} bytes", $"at most {Array.MaxLength}", "It is no file of this kind.");
        var bytes = new byte[source.Length];
        source.Read(0, bytes);
        return bytes;
    }

    /// <summary>Reads a whole file as text in UTF-8, with or without byte order mark.</summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="DirectoryNotFoundException">No such folder.</exception>
    /// <exception cref="InvalidDataException">No file, one that cannot be opened, or a byte that is not UTF-8; the message names its place.</exception>
    public static string ReadAllText(string path)
    {
        byte[] bytes = ReadAllBytes(path);
        if (Utf8Text.FirstWrong(bytes) is int wrong)
            throw new FilePlace(path).Error(wrong, $"the byte {bytes[wrong]:X2}, which is not UTF-8", "text in UTF-8", "Save the file again as UTF-8.");
        return Encoding.UTF8.GetString(Utf8Text.WithoutMark(bytes));
    }

    /// <summary>Refuses a path under which no file can be opened, for files that another library opens.</summary>
    /// <inheritdoc cref="Open"/>
    public static void Require(string path) => Open(path).Dispose();

    private static SafeFileHandle OpenHandle(string path, FilePlace file)
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException and not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw Unreadable(file, exception);
        }
    }

    private static InvalidDataException Unreadable(FilePlace file, Exception exception) => exception is UnauthorizedAccessException
        ? file.Refusal("a file that you may not read", "one that you may", "Change its permissions (chmod +r), or those of its folder.", exception)
        : file.Refusal($"a file that cannot be opened ({exception.Message})", "one that can", "Check the path, its links and the disk.", exception);
}
