using System.Reflection;
using System.Runtime.InteropServices;

namespace Sharpless.Kernels;

/// <summary>
/// Loads libtorch and TorchSharp's bridge to it, before TorchSharp is used for the first time. A process has one
/// libtorch.
/// </summary>
/// <remarks>
/// On Linux both are loaded by their full paths, from the first of: the folder in <c>SHARPLESS_LIBTORCH</c>, the
/// program's own folder, NuGet's folder as it was when the program was built. Elsewhere TorchSharp finds them itself.
/// </remarks>
public static class Libtorch
{
    /// <summary>
    /// The environment variable that names another folder of libtorch: one of the same minor version, with CUDA, say.
    /// </summary>
    public const string FolderVariable = "SHARPLESS_LIBTORCH";

    // The bridge was linked on a newer system than the oldest supported ones, but uses no symbol of this version.
    private const string UnusedVersion = "GLIBCXX_3.4.32";
    private const string CpuLibrary = "libtorch_cpu.so",
        BridgeLibrary = "libLibTorchSharp.so",
        Subfolder = "runtimes/linux-x64/native";

    private static readonly Lazy<LibtorchPlace> Loaded = new(LoadOnce);

    /// <summary>Loads libtorch where that has not happened yet.</summary>
    /// <returns>What was loaded, and from where.</returns>
    /// <exception cref="DllNotFoundException">
    /// It is not there, is of another version, or does not load; the text says how to mend it.
    /// </exception>
    public static LibtorchPlace Load() => Loaded.Value;

    // The module's own imports need it as much as TorchSharp's.
#pragma warning disable CA2255
    [System.Runtime.CompilerServices.ModuleInitializer]
    internal static void LoadWithModule() =>
        NativeLibrary.SetDllImportResolver(typeof(Libtorch).Assembly, (name, _, _) => name switch
            {
                LibtorchImports.Library => Load().Cpu,
                AutogradNode.Library => Load().Bridge,
                KernelImports.Library => KernelLibrary.Handle,
                _ => 0,
            });
#pragma warning restore CA2255

    private static LibtorchPlace LoadOnce()
    {
        if (!OperatingSystem.IsLinux())
        {
            TorchSharp.torch.InitializeDeviceType(TorchSharp.DeviceType.CPU);
            return new LibtorchPlace(
                "found by TorchSharp",
                false,
                TorchSharp.torch.__version__,
                NativeLibrary.Load("torch_cpu"),
                NativeLibrary.Load("LibTorchSharp")
            );
        }

        string folder = FolderOf(CpuLibrary, Environment.GetEnvironmentVariable(FolderVariable), "LibtorchPackage");
        nint cpu = LoadLibrary(Path.Combine(folder, CpuLibrary));
        LoadLibrary(Path.Combine(folder, "libtorch.so"));
        if (File.Exists(Path.Combine(folder, "libtorch_cuda.so")))
            LoadLibrary(Path.Combine(folder, "libtorch_cuda.so"));
        CheckVersion(cpu, folder);
        string bridge = Path.Combine(FolderOf(BridgeLibrary, null, "TorchSharpPackage"), BridgeLibrary);
        bool isWeakened = !NativeLibrary.TryLoad(bridge, out nint handle);
        if (isWeakened)
            handle = LoadLibrary(WeakenedCopy(bridge, CacheFolder()));
        NativeLibrary.SetDllImportResolver(typeof(TorchSharp.torch).Assembly, (name, _, _) =>
            name == AutogradNode.Library ? handle : 0
        );
        return new LibtorchPlace(folder, isWeakened, TorchSharp.torch.__version__, cpu, handle);
    }

    /// <summary>A copy of a library whose need of the version that it does not use is marked weak.</summary>
    /// <param name="library">Path of the library.</param>
    /// <param name="cache">Folder of such copies; made where it is absent.</param>
    /// <returns>
    /// Path of the copy, which is named by the library's size and time, so that another version gets another copy.
    /// </returns>
    /// <exception cref="DllNotFoundException">
    /// The library needs no such version: it does not load for another reason.
    /// </exception>
    internal static string WeakenedCopy(string library, string cache)
    {
        var file = new FileInfo(library);
        string copy = Path.Combine(cache, $"{file.Length}-{file.LastWriteTimeUtc.Ticks}-{file.Name}");
        if (File.Exists(copy))
            return copy;
        byte[] bytes = File.ReadAllBytes(library);
        if (!VersionNeed.Weaken(bytes, UnusedVersion))
            throw new DllNotFoundException($"{library} cannot be loaded: {WhyNot(library)}");
        Directory.CreateDirectory(cache);
        string fresh = $"{copy}.{Environment.ProcessId}";
        File.WriteAllBytes(fresh, bytes);
        File.Move(fresh, copy, overwrite: true);
        return copy;
    }

    private static string CacheFolder() =>
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
                ? cache
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "sharpless"
        );

    private static string FolderOf(string library, string? named, string package)
    {
        string[] candidates = named is { Length: > 0 }
            ? [named, Path.Combine(named, "lib")]
            :
            [
                AppContext.BaseDirectory,
                Path.Combine(AppContext.BaseDirectory, Subfolder),
                Path.Combine(PackageFolder(package), Subfolder),
            ];
        return Array.Find(candidates, folder => File.Exists(Path.Combine(folder, library)))
            ?? throw new DllNotFoundException(
                $"{library} was not found in {string.Join(", ", candidates.Select(folder => $"'{folder}'"))}. "
                    + (
                        named is { Length: > 0 }
                            ? $"{FolderVariable} must name the folder that holds it."
                            : $"Restore the packages again, or name the folder that holds it in {FolderVariable}."
                    )
            );
    }

    private static string PackageFolder(string package) =>
        typeof(Libtorch)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(item => item.Key == package)
            .Value
        ?? "";

    private static unsafe void CheckVersion(nint cpu, string folder)
    {
        const int Major = 2,
            Minor = 10;
        if (!NativeLibrary.TryGetExport(cpu, "aoti_torch_abi_version", out nint address))
            throw new DllNotFoundException($"The libtorch in '{folder}' is too old: TorchSharp needs {Major}.{Minor}.");
        ulong version = ((delegate* unmanaged<ulong>)address)();
        (ulong major, ulong minor) = (version >> 56, (version >> 48) & 0xff);
        if (major != Major || minor != Minor)
            throw new DllNotFoundException(
                $"The libtorch in '{folder}' has version {major}.{minor}; TorchSharp needs {Major}.{Minor}. "
                    + $"Name another folder in {FolderVariable}, or none."
            );
    }

    private static nint LoadLibrary(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException error)
        {
            throw new DllNotFoundException($"{path} cannot be loaded: {error.Message}", error);
        }
    }

    private static string WhyNot(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return "it loads now; try again.";
        }
        catch (DllNotFoundException error)
        {
            return error.Message;
        }
    }
}
