using System.Runtime.InteropServices;

namespace Sharpless.Torch.Pictures;

/// <summary>A shared library that a Debian package installs.</summary>
/// <param name="name">File name with its version, which stands for the interface that is used.</param>
/// <param name="package">The package.</param>
internal sealed class SystemLibrary(string name, string package)
{
    private bool _isLoaded;

    /// <summary>File name with its version.</summary>
    public string Name => name;

    /// <summary>The package that installs it.</summary>
    public string Package => package;

    /// <summary>Whether it is there; then it is loaded.</summary>
    public bool IsHere => _isLoaded = _isLoaded || NativeLibrary.TryLoad(name, out _);

    /// <summary>Loads it, or says which package is missing.</summary>
    /// <exception cref="DllNotFoundException">It is not there.</exception>
    public void Require()
    {
        if (!IsHere) throw new DllNotFoundException($"The library {name} was not found. Install it: apt-get install {package}");
    }
}
