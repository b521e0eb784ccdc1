using System.Runtime.InteropServices;

namespace Sharpless.Torch.Pictures;

/// <summary>A shared library that a Debian package installs.</summary>
/// <param name="name">File name with its version, which stands for the interface that is used.</param>
/// <param name="package">The package.</param>
internal sealed class SystemLibrary(string name, string package)
{
    private bool _isLoaded;

    /// <summary>Loads it, or says which package is missing.</summary>
    /// <exception cref="DllNotFoundException">It is not there.</exception>
    public void Require()
    {
        if (_isLoaded) return;
        if (!NativeLibrary.TryLoad(name, out _)) throw new DllNotFoundException($"The library {name} was not found. Install it: apt-get install {package}");
        _isLoaded = true;
    }
}
