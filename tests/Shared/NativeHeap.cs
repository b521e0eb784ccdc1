using System.Runtime.InteropServices;

namespace Sharpless.Tests;

/// <summary>What malloc has given out, in all its arenas: for tests of what is given back. The working set tells less, since the collector moves it.</summary>
internal static partial class NativeHeap
{
    internal static long InUse
    {
        get
        {
            Mallinfo info = mallinfo2();
            return (long)(info.InUse + info.Mapped);
        }
    }

    [LibraryImport("libc.so.6")]
    private static partial Mallinfo mallinfo2();

    // struct mallinfo2 of malloc.h
    [StructLayout(LayoutKind.Sequential)]
    private struct Mallinfo
    {
        public nuint Arena, FreeChunks, FastChunks, MappedCount, Mapped, Unused, FastFree, InUse, Free, Trimmable;
    }
}
