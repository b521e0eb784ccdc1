using System.Runtime.InteropServices;

namespace Sharpless.Torch.Files;

/// <summary>Writes files that appear whole or not at all, also when the process is killed or the power fails.</summary>
public static partial class AtomicFile
{
    /// <summary>Ending of the file that is written aside. One that a killed process left behind is overwritten by the next.</summary>
    public const string PartEnding = ".part";

    // Files that are being written aside; its lock is held while one is begun, and for good once the process ends.
    private static readonly HashSet<string> Unfinished = [];

    /// <summary>Writes aside, flushes to the disk, renames over <paramref name="path"/>, flushes the folder.</summary>
    /// <param name="path">An older file of this name stays untouched until the new one is complete.</param>
    /// <param name="write">Writes the content; if it throws, nothing has changed.</param>
    public static void Write(string path, Action<Stream> write)
    {
        string part = path + PartEnding;
        FileStream stream = Begin(part);
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(part, path, overwrite: true);
        }
        catch (Exception error)
        {
            File.Delete(part);
            if (error is ArgumentException argument && FileTrouble.TooLargeFor(part, argument) is { } tooLarge) throw tooLarge;
            throw;
        }
        finally
        {
            lock (Unfinished) Unfinished.Remove(part);
        }
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>
    /// Removes what is being written aside at this moment, for a process that is about to end without waiting for it. Another thread that
    /// begins or ends a file from now on waits for that end.
    /// </summary>
    public static void RemoveUnfinished()
    {
        Monitor.Enter(Unfinished);
        foreach (string part in Unfinished) File.Delete(part);
    }

    // FileShare.None: of two processes that write the same file one fails here, instead of both mixing their bytes.
    private static FileStream Begin(string part)
    {
        lock (Unfinished)
        {
            var stream = new FileStream(part, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16);
            Unfinished.Add(part);
            return stream;
        }
    }

    /// <summary>Gives a file another name, over an older file of that name, and flushes the folder.</summary>
    /// <param name="from">A whole file.</param>
    /// <param name="to">Its new name, in the same folder.</param>
    public static void Replace(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(to))!);
    }

    /// <summary>Writes text as UTF-8 without byte order mark.</summary>
    public static void WriteAllText(string path, string text) => Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.Write(text);
    });

    // The new name itself is on the disk only when the folder is. Not every file system can do this, so a failure is not an error.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        int descriptor = open(folder, 0);
        if (descriptor < 0) return;
        _ = fsync(descriptor);
        _ = close(descriptor);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
