using System.Runtime.InteropServices;

namespace Sharpless.Tests;

/// <summary>What the C library's allocator has handed out. The resident set would tell of .NET's heap and of compiled methods too, which come and go.</summary>
internal static partial class NativeMemory
{
    /// <summary>Bytes of all live blocks, in the heaps and mapped on their own.</summary>
    internal static long Live
    {
        get
        {
            Allocations info = mallinfo2();
            return (long)(info.LiveBytes + info.MappedBytes);
        }
    }

    [DllImport("libc.so.6")]
    private static extern Allocations mallinfo2();

    /// <summary><c>struct mallinfo2</c> of glibc: ten counters, of which two are read.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Allocations
    {
        internal nuint Arena, FreeChunks, FastChunks, Mappings, MappedBytes, Peak, FastBytes, LiveBytes, FreeBytes, Top;
    }
}
