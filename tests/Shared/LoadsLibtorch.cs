using System.Runtime.CompilerServices;
using Sharpless.Kernels;

namespace Sharpless.Tests;

/// <summary>Loads libtorch before a test uses TorchSharp.</summary>
internal static class LoadsLibtorch
{
#pragma warning disable CA2255 // The tests use TorchSharp before anything of the library.
    [ModuleInitializer]
    internal static void Load()
    {
        Libtorch.Load();
        Libtorch.TuneAllocator();
    }
#pragma warning restore CA2255
}
