using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Sharpless.Torch;

/// <summary>The door: raw imports of <c>native/sharpless.h</c>, one partial file per area.</summary>
internal static partial class Native
{
    private const string Library = "sharpless";
    private const int Abi = 2;

    static Native()
    {
        NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);
        int abi = sharpless_abi();
        if (abi != Abi)
        {
            throw new DllNotFoundException(
                $"libsharpless.so has ABI {abi}, Sharpless.Torch needs {Abi}. Build both from the same sources: run ./sharpless once.");
        }

        string built = Marshal.PtrToStringUTF8(sharpless_libtorch_built_for())!;
        string found = Marshal.PtrToStringUTF8(sharpless_libtorch_found())!;
        if (found != "unknown" && Major(built) != Major(found))
        {
            throw new DllNotFoundException(
                $"libsharpless.so was compiled for libtorch {built}, but libtorch {found} was loaded. Build it again for the one that is used (SHARPLESS_LIBTORCH names it).");
        }

        static string Major(string version) => string.Join('.', version.Split('+')[0].Split('.').Take(2));
    }

    internal static void ThrowIfFailed(int status)
    {
        if (status != 0) throw new TorchException(LastError());
    }

    internal static string LastError() => Marshal.PtrToStringUTF8(sharpless_last_error()) ?? "unknown error";

    // Beside the program first (published), then where the build of a checkout puts it (tests), or where the user says.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Library) return 0;
        List<string> candidates = [];
        if (Environment.GetEnvironmentVariable("SHARPLESS_NATIVE") is { Length: > 0 } named) candidates.Add(named);
        candidates.Add(Path.Combine(AppContext.BaseDirectory, "libsharpless.so"));
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            candidates.Add(Path.Combine(folder.FullName, "artifacts", "native", "libsharpless.so"));
        }

        string path = candidates.Find(File.Exists) ?? throw new DllNotFoundException(
            $"The native library libsharpless.so was not found beside the program ({AppContext.BaseDirectory}). Run ./sharpless once: it builds it; or name it in SHARPLESS_NATIVE.");
        return NativeLibrary.Load(path);
    }

    [LibraryImport(Library)]
    private static partial int sharpless_abi();

    [LibraryImport(Library)]
    private static partial nint sharpless_last_error();
}
