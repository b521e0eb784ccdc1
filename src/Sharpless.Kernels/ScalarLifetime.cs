using System.Reflection;
using System.Runtime.InteropServices;

namespace Sharpless.Kernels;

/// <summary>
/// Keeps the numbers that TorchSharp hands to operators alive while operators read them.
/// </summary>
/// <remarks>
/// TorchSharp 0.107.0 passes the bare handle of a <c>Scalar</c> and keeps nothing alive, so a collection in the middle
/// of <c>x + 2.0</c>, or even of <c>x + y</c>, frees the number under the operator: it then computes with whatever lies
/// there. The kernels have a function that frees numbers later, under the name of TorchSharp's; this class binds
/// TorchSharp's import to it. Without kernels nothing changes. Decision 0028.
/// </remarks>
internal static unsafe class ScalarLifetime
{
    private const string Import = "THSTorch_dispose_scalar";

    private static readonly Lazy<bool> Bound = new(Bind);

    /// <summary>What TorchSharp's imports are looked up in now, where that is not the bridge.</summary>
    internal static nint? Binding { get; private set; }

    /// <summary>Whether numbers outlive the calls that read them.</summary>
    internal static bool IsProlonged => Bound.Value;

    internal static void Prolong() => _ = Bound.Value;

    private static bool Bind()
    {
        // Elsewhere TorchSharp finds its bridge itself, and there are no kernels.
        MethodInfo? import = typeof(TorchSharp.torch)
            .Assembly.GetType("TorchSharp.PInvoke.NativeMethods")
            ?.GetMethod(Import, BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public);
        if (!OperatingSystem.IsLinux() || KernelLibrary.Handle == 0 || import is null)
            return false;
        nint free = NativeLibrary.GetExport(Libtorch.Place.Bridge, Import);
        KernelImports.sharpless_free_scalars_by((delegate* unmanaged<nint, void>)free);
        Binding = KernelLibrary.Handle;
        try
        {
            Marshal.Prelink(import);
        }
        finally
        {
            Binding = null;
        }
        return true;
    }
}
