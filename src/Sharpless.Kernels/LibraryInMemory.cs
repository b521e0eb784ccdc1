using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sharpless.Kernels;

/// <summary>
/// Loads a library from bytes, through a file that is in memory alone (memfd_create, Linux). So there is no folder that
/// must be writable, and no file that another process can find half-written, or change.
/// </summary>
internal static partial class LibraryInMemory
{
    /// <summary>Loads a library.</summary>
    /// <param name="name">As it is shown among the process's mappings.</param>
    /// <param name="library">The whole file.</param>
    /// <exception cref="DllNotFoundException">The system refuses it.</exception>
    internal static nint Load(string name, byte[] library)
    {
        const uint ClosedInChildren = 1; // MFD_CLOEXEC
        int file = memfd_create(name, ClosedInChildren);
        if (file < 0)
            throw new DllNotFoundException(
                $"the system gives no file in memory ({Marshal.GetLastPInvokeErrorMessage()})."
            );
        // It stays open: the loader takes libraries of equal paths for the same, and a closed number is given out again.
        using (var handle = new SafeFileHandle(file, ownsHandle: false))
        {
            try
            {
                RandomAccess.Write(handle, library, fileOffset: 0);
            }
            catch (Exception error) when (error is IOException or ArgumentOutOfRangeException) // the latter for EFBIG
            {
                throw new DllNotFoundException(
                    $"the system refuses a file of {library.Length} bytes in memory ({error.Message}). "
                        + "A limit on the size of files (ulimit -f) must leave room for it.",
                    error
                );
            }
        }
        return NativeLibrary.Load($"/proc/self/fd/{file}");
    }

    [LibraryImport("libc.so.6", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);
}
