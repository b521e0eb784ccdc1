using System.Runtime.InteropServices;

namespace Sharpless.Torch.Files;

/// <summary>What a path leads to, as the operating system says.</summary>
internal static partial class FileKind
{
    private const int CurrentFolder = -100, TypeAndMode = 3, ModeOffset = 28, StatusSize = 256;
    private const int TypeMask = 0xF000, Pipe = 0x1000, CharacterDevice = 0x2000, BlockDevice = 0x6000, Socket = 0xC000;

    /// <summary>What it is, where it is no file that can be read at any place: a pipe, a device, a socket. Links are followed.</summary>
    /// <returns>Null for a file, a folder, and for nothing at all.</returns>
    public static string? Stream(string path)
    {
        if (!OperatingSystem.IsLinux()) return null;
        // struct statx has one layout on all of Linux, unlike struct stat.
        Span<byte> status = stackalloc byte[StatusSize];
        if (statx(CurrentFolder, path, 0, TypeAndMode, ref MemoryMarshal.GetReference(status)) != 0) return null;
        return (MemoryMarshal.Read<ushort>(status[ModeOffset..]) & TypeMask) switch
        {
            Pipe => "a pipe",
            CharacterDevice or BlockDevice => "a device",
            Socket => "a socket",
            _ => null,
        };
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, ref byte status);
}
