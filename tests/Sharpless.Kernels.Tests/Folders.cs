using System.Reflection;

namespace Sharpless.Kernels.Tests;

/// <summary>Where the packages put the native libraries.</summary>
internal static class Folders
{
    internal static string OfTorchSharp { get; } = Native("TorchSharpPackage");

    internal static string OfLibtorch { get; } = Native("LibtorchPackage");

    private static string Native(string package) =>
        Path.Combine(
            typeof(Libtorch)
                .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .First(item => item.Key == package)
                .Value!,
            "runtimes/linux-x64/native"
        );
}
