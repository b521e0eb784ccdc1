namespace Sharpless.Kernels.Tests;

/// <summary>Switches the kernels off for a while, so that everything runs on libtorch's operators.</summary>
internal sealed class KernelSwitch : IDisposable
{
    private readonly bool _before = KernelLibrary.IsSwitchedOff;

    internal KernelSwitch(bool hasKernels) => KernelLibrary.IsSwitchedOff = !hasKernels;

    public void Dispose() => KernelLibrary.IsSwitchedOff = _before;
}
