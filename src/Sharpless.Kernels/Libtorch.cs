using System.Reflection;
using System.Runtime.InteropServices;

namespace Sharpless.Kernels;

/// <summary>
/// Loads libtorch and TorchSharp's bridge to it, before TorchSharp is used for the first time. A process has one
/// libtorch.
/// </summary>
/// <remarks>
/// On Linux both are loaded by their full paths, from the first of: the folder in <c>SHARPLESS_LIBTORCH</c>, where
/// TorchSharp has loaded them already, the program's own folder, the host's folders of native libraries, NuGet's folder
/// as it was when the program was built. Elsewhere TorchSharp finds them itself.
/// </remarks>
public static partial class Libtorch
{
    /// <summary>
    /// The environment variable that names another folder of libtorch: one of the same minor version, with CUDA, say.
    /// It may be that of a Python installation (<c>site-packages/torch</c>). Linux only.
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
    public static LibtorchPlace Load()
    {
        LibtorchPlace place = Loaded.Value;
        ScalarLifetime.Prolong();
        return place;
    }

    /// <summary>The same for what <see cref="Load"/> itself needs.</summary>
    internal static LibtorchPlace Place => Loaded.Value;

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
        string? named = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } given ? given : null;
        return OperatingSystem.IsLinux() ? LoadOnLinux(named) : LoadElsewhere(named);
    }

    private static LibtorchPlace LoadElsewhere(string? named)
    {
        if (named is not null)
            throw new DllNotFoundException(
                $"{FolderVariable} is set to '{named}', but only Linux can take libtorch from another folder. "
                    + "Unset it, and reference the libtorch package that is wanted."
            );
        TorchSharp.torch.InitializeDeviceType(TorchSharp.DeviceType.CPU);
        Assembly owner = typeof(TorchSharp.torch).Assembly;
        return new LibtorchPlace(
            "found by TorchSharp",
            false,
            TorchSharp.torch.__version__,
            NativeLibrary.Load("torch_cpu", owner, null),
            NativeLibrary.Load(AutogradNode.Library, owner, null)
        );
    }

    private static LibtorchPlace LoadOnLinux(string? named)
    {
        string folder = FolderOfLibtorch(named);
        nint cpu = LoadLibrary(Path.Combine(folder, CpuLibrary));
        LoadLibrary(Path.Combine(folder, "libtorch.so"));
        // Its operators register themselves when it is loaded. It finds libc10_cuda and NVIDIA's libraries by itself.
        if (File.Exists(Path.Combine(folder, "libtorch_cuda.so")))
            LoadLibrary(Path.Combine(folder, "libtorch_cuda.so"));
        CheckVersion(cpu, folder);
        string bridge =
            LoadedFile(BridgeLibrary) ?? Path.Combine(FolderOf(BridgeLibrary, "TorchSharpPackage"), BridgeLibrary);
        bool isWeakened = !NativeLibrary.TryLoad(bridge, out nint handle);
        if (isWeakened)
            handle = LoadWeakened(bridge);
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(TorchSharp.torch).Assembly, (name, _, _) =>
                name == AutogradNode.Library ? ScalarLifetime.Binding ?? handle : 0
            );
        }
        catch (InvalidOperationException)
        {
            // Somebody else answers for TorchSharp; the loader knows the bridge by its name all the same.
        }
        return new LibtorchPlace(folder, isWeakened, TorchSharp.torch.__version__, cpu, handle);
    }

    private static string FolderOfLibtorch(string? named)
    {
        string? loaded = LoadedFile(CpuLibrary);
        if (named is null)
            return loaded is null ? FolderOf(CpuLibrary, "LibtorchPackage") : Path.GetDirectoryName(loaded)!;
        string folder = Find(
            CpuLibrary,
            [named, Path.Combine(named, "lib")],
            $"{FolderVariable} must name the folder that holds it."
        );
        if (loaded is not null && !IsLoaded(Path.Combine(folder, CpuLibrary)))
            throw new DllNotFoundException(
                $"{FolderVariable} names '{named}', but '{loaded}' is loaded already, and a process has one libtorch. "
                    + $"Call {nameof(Libtorch)}.{nameof(Load)}() before TorchSharp is used for the first time."
            );
        return folder;
    }

    /// <summary>Loads a copy, in memory, of a library whose need of the version that it does not use is weak.</summary>
    /// <param name="library">Path of the library.</param>
    /// <exception cref="DllNotFoundException">It does not load for another reason.</exception>
    internal static nint LoadWeakened(string library)
    {
        byte[] bytes = File.ReadAllBytes(library);
        // Without that need, loading it once more tells the reason.
        return VersionNeed.Weaken(bytes, UnusedVersion)
            ? Explained($"a copy of {library}", () => LibraryInMemory.Load(Path.GetFileName(library), bytes))
            : LoadLibrary(library);
    }

    private static string FolderOf(string library, string package)
    {
        string? hosts = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string;
        return Find(
            library,
            [
                AppContext.BaseDirectory,
                Path.Combine(AppContext.BaseDirectory, Subfolder),
                .. hosts?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [],
                .. PackageFolder(package) is { Length: > 0 } folder ? [Path.Combine(folder, Subfolder)] : (string[])[],
            ],
            $"Restore the packages again, or name the folder that holds it in {FolderVariable}."
        );
    }

    private static string Find(string library, string[] folders, string remedy) =>
        Array.Find(folders, folder => File.Exists(Path.Combine(folder, library)))
        ?? throw new DllNotFoundException(
            $"{library} was not found in {string.Join(", ", folders.Distinct().Select(folder => $"'{folder}'"))}. "
                + remedy
        );

    // Not there in a program that carries the files itself.
    private static string? PackageFolder(string package) =>
        typeof(Libtorch)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(item => item.Key == package)
            ?.Value;

    // The path of a library that the process has loaded already; null where it has not.
    private static string? LoadedFile(string library) =>
        File.ReadLines("/proc/self/maps")
            .Select(line => line.IndexOf('/') is >= 0 and int start ? line[start..] : "")
            .FirstOrDefault(path => Path.GetFileName(path) == library);

    // Whether it is this very file that is loaded, by whatever path.
    private static bool IsLoaded(string path)
    {
        const int Lazily = 1,
            OnlyIfLoaded = 4;
        return dlopen(path, Lazily | OnlyIfLoaded) != 0;
    }

    [LibraryImport("libc.so.6", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint dlopen(string path, int mode);

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

    private static nint LoadLibrary(string path) => Explained(path, () => NativeLibrary.Load(path));

    private static nint Explained(string what, Func<nint> load)
    {
        try
        {
            return load();
        }
        catch (DllNotFoundException error)
        {
            string tooOld = error.Message.Contains("' not found (required by", StringComparison.Ordinal)
                ? " This system is too old: glibc 2.34 and the C++ library of GCC 12 are needed, "
                    + "as Debian 12, Ubuntu 22.04 and newer systems have them."
                : "";
            throw new DllNotFoundException($"{what} cannot be loaded: {error.Message}{tooOld}", error);
        }
    }
}
