using System.Runtime.InteropServices;

namespace Sharpless.Kernels;

public static partial class Libtorch
{
    /// <summary>
    /// Has glibc keep freed memory for the next step. By itself it gives large blocks back to the system and takes them
    /// again, a page fault for every 4 KiB: training takes half the time without that.
    /// </summary>
    /// <remarks>
    /// It changes the whole process, for as long as it runs, so the library does it only when asked: blocks below 1 GiB
    /// are no longer given back, and the process keeps its peak memory. For tensors that other threads make than the
    /// process's first one, glibc still maps every block above 64 MiB anew, unless the process was started with
    /// <c>MALLOC_ARENA_MAX=1</c> in its environment.
    /// </remarks>
    /// <returns>Whether it took effect: false on systems without glibc, where nothing is done.</returns>
    public static unsafe bool TuneAllocator()
    {
        const int TrimThreshold = -1, // M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h
            MmapThreshold = -3;
        // glibc's own name: musl, macOS and Windows have no such file.
        if (
            !OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad("libc.so.6", out nint libc)
            || !NativeLibrary.TryGetExport(libc, "mallopt", out nint address)
        )
            return false;
        var set = (delegate* unmanaged<int, int, int>)address;
        return set(MmapThreshold, 1 << 30) != 0 & set(TrimThreshold, -1) != 0;
    }
}
