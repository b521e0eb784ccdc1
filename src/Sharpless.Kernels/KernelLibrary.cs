using System.Runtime.InteropServices;

namespace Sharpless.Kernels;

/// <summary>
/// The compiled kernels, <c>libsharpless_kernels</c>. They are an accelerator: where they are absent, or a tensor is
/// one that they do not take, the same methods run on libtorch's operators.
/// </summary>
public static class KernelLibrary
{
    /// <summary>The environment variable that names another file, or <c>none</c> for no kernels at all.</summary>
    public const string FileVariable = "SHARPLESS_KERNELS";

    private const int Abi = 3;
    private static readonly string FileName =
        OperatingSystem.IsWindows() ? "sharpless_kernels.dll"
        : OperatingSystem.IsMacOS() ? "libsharpless_kernels.dylib"
        : "libsharpless_kernels.so";

    private static readonly Lazy<(nint Handle, string? Path)> Loaded = new(LoadOnce);
    private static readonly Lazy<bool> Supported = new(() => KernelImports.sharpless_convolution_is_supported() != 0);

    /// <summary>Whether the kernels are there.</summary>
    public static bool IsAvailable => !IsSwitchedOff && Loaded.Value.Handle != 0;

    /// <summary>The file that was loaded; null where there is none.</summary>
    public static string? Path => Loaded.Value.Path;

    /// <summary>Whether bfloat16 convolutions have a kernel on this processor (AVX512-BF16).</summary>
    public static bool HasConvolution => IsAvailable && Supported.Value;

    /// <summary>
    /// Whether everything runs on libtorch's operators although the kernels are there: for tests of that way.
    /// </summary>
    internal static bool IsSwitchedOff { get; set; }

    internal static nint Handle => Loaded.Value.Handle;

    internal static void ThrowIfFailed(int status)
    {
        if (status != 0)
            throw new InvalidOperationException(
                $"Bug in Sharpless: a kernel failed: {Marshal.PtrToStringUTF8(KernelImports.sharpless_kernels_error())}"
            );
    }

    private static unsafe (nint Handle, string? Path) LoadOnce()
    {
        string? named = Environment.GetEnvironmentVariable(FileVariable);
        if (named == "none")
            return default;
        if (named is { Length: > 0 } && !File.Exists(named))
            throw new DllNotFoundException(
                $"{FileVariable} names '{named}', which is not there. "
                    + "Set it to the file of the kernels, to none, or not at all."
            );
        string? path = named is { Length: > 0 } ? named : Candidates().FirstOrDefault(File.Exists);
        if (path is null)
            return default;
        nint handle = NativeLibrary.Load(path);
        int abi = (
            (delegate* unmanaged<int>)NativeLibrary.GetExport(handle, nameof(KernelImports.sharpless_kernels_abi))
        )();
        if (abi != Abi)
            throw new DllNotFoundException(
                $"The kernels in '{path}' have interface {abi}, but this library needs {Abi}. "
                    + "Build both from the same sources."
            );
        nint cpu = Libtorch.Place.Cpu;
        var useThreads = (delegate* unmanaged<nint, nint, void>)
            NativeLibrary.GetExport(handle, nameof(KernelImports.sharpless_kernels_use_threads));
        useThreads(
            NativeLibrary.GetExport(cpu, "torch_parallel_for"),
            NativeLibrary.GetExport(cpu, "torch_get_num_threads")
        );
        return (handle, path);
    }

    // Next to the program (published, or from the package), then where the build of a checkout puts it.
    private static IEnumerable<string> Candidates()
    {
        yield return System.IO.Path.Combine(AppContext.BaseDirectory, FileName);
        yield return System.IO.Path.Combine(
            AppContext.BaseDirectory,
            "runtimes",
            RuntimeInformation.RuntimeIdentifier,
            "native",
            FileName
        );
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            yield return System.IO.Path.Combine(folder.FullName, "artifacts", "native", FileName);
    }
}
