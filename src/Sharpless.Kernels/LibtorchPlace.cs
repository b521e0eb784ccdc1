namespace Sharpless.Kernels;

/// <summary>The libtorch that a process uses.</summary>
/// <param name="Folder">Where its files are.</param>
/// <param name="BridgeIsCopied">
/// Whether TorchSharp's bridge is loaded from a copy in memory, because the system's C++ library is older than the one
/// it was linked with.
/// </param>
/// <param name="Version">Of TorchSharp's libtorch, such as <c>2.10.0</c>.</param>
public sealed record LibtorchPlace(string Folder, bool BridgeIsCopied, string Version)
{
    internal LibtorchPlace(string folder, bool bridgeIsCopied, string version, nint cpu, nint bridge)
        : this(folder, bridgeIsCopied, version) => (Cpu, Bridge) = (cpu, bridge);

    internal nint Cpu { get; }

    internal nint Bridge { get; }
}
