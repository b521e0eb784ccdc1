using System.Runtime.InteropServices;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Processes;

/// <summary>What .NET does not offer about the process itself.</summary>
public static partial class UnixProcess
{
    private const int GetDescriptorFlags = 1;          // F_GETFD
    private const int CloseOnExec = 1;                 // FD_CLOEXEC
    private const int ReadWrite = 2;                   // O_RDWR

    /// <summary>
    /// Ends the process at this instruction: no finalizers, no exit handlers and no destructors of native libraries, which would meet
    /// threads that still compute. No half-written file stays.
    /// </summary>
    /// <param name="exitCode">What the shell is told.</param>
    public static void EndAtOnce(int exitCode)
    {
        try
        {
            AtomicFile.RemoveUnfinished();
        }
        finally
        {
            _exit(exitCode);
        }
    }

    /// <summary>
    /// Whether a descriptor was there when the process started: it is open, and was not opened by the runtime itself, whose own descriptors are closed on exec. Where a shell closed a
    /// standard stream (<c>2&gt;&amp;-</c>), the next file that is opened gets its number, and what is written there would land in that file.
    /// </summary>
    /// <param name="descriptor">0, 1 or 2 for the standard streams.</param>
    public static bool IsInherited(int descriptor) => fcntl(descriptor, GetDescriptorFlags) is >= 0 and int flags && (flags & CloseOnExec) == 0;

    /// <summary>Puts <c>/dev/null</c> in the place of standard streams that are closed, so that no file of the program gets their numbers.</summary>
    public static void OccupyStandardStreams()
    {
        for (int descriptor = 0; descriptor <= 2; descriptor++)
        {
            // The lowest number that is free is taken.
            if (fcntl(descriptor, GetDescriptorFlags) < 0) _ = open("/dev/null", ReadWrite);
        }
    }

    [LibraryImport("libc")]
    private static partial void _exit(int exitCode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
