using Microsoft.Win32.SafeHandles;
using Sharpless.Torch.Files;

namespace Sharpless.Torch;

/// <summary>
/// A TorchScript module (<c>torch.jit.script</c> or <c>torch.jit.trace</c>, saved), in evaluation mode. Outputs of named submodules come out of the same pass.
/// </summary>
/// <remarks>
/// TorchScript is a program that libtorch runs: load files that you trust. A submodule can be read where <c>forward</c> calls it by itself, not inside a condition or
/// a loop, and not after <c>torch.jit.freeze</c>, which dissolves submodules.
/// </remarks>
public sealed class ScriptModule : IDisposable
{
    private readonly ScriptHandle _handle;

    private ScriptModule(ScriptHandle handle, IReadOnlyList<string> watched) => (_handle, Watched) = (handle, watched);

    /// <summary>Names of the submodules whose outputs <see cref="Run"/> returns.</summary>
    public IReadOnlyList<string> Watched { get; }

    /// <summary>Loads a file.</summary>
    /// <param name="path">As <c>torch.jit.save</c> wrote it.</param>
    /// <param name="watched">Names of submodules, such as <c>layer1.0</c>.</param>
    /// <param name="device">Where it runs.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">Not such a file, or a damaged one.</exception>
    /// <exception cref="TorchException">libtorch cannot load it, or a submodule's output cannot be read; the message says why.</exception>
    public static ScriptModule Load(string path, IReadOnlyList<string> watched, Device device = default)
    {
        ArgumentNullException.ThrowIfNull(watched);
        Require(path);
        return new ScriptModule(Native.LoadScript(path, device, watched), watched);
    }

    // A zip archive, which torch.jit.save fills with code and constants; what libtorch says of anything else helps nobody.
    private static void Require(string path)
    {
        using SafeFileHandle handle = InputFile.Open(path);
        (var source, var file) = (new FileSource(path, handle), new FilePlace(path));
        List<ZipMember> members = ZipDirectory.Read(source, file, new ArrayFileOptions().MemoryLimit);
        if (!members.Exists(member => member.Name.EndsWith("/constants.pkl", StringComparison.Ordinal)))
        {
            bool isState = members.Exists(member => member.Name.EndsWith("data.pkl", StringComparison.Ordinal));
            throw file.Refusal(isState ? "a checkpoint of torch.save" : "another zip archive", "a TorchScript file", "Save the network itself: torch.jit.save(torch.jit.trace(model, images), path).");
        }
    }

    /// <summary>Runs <c>forward</c>.</summary>
    /// <param name="images">Its argument; further ones take their defaults. Borrowed.</param>
    /// <returns>The output of the whole, then one for each of <see cref="Watched"/>; of a tuple its first tensor. Owned by the caller.</returns>
    /// <exception cref="TorchException">The module refuses.</exception>
    public IReadOnlyList<Tensor> Run(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var outputs = new nint[Watched.Count + 1];
        Native.RunScript(_handle, images.Handle, outputs);
        return Array.ConvertAll(outputs, Tensor.Own);
    }

    /// <summary>Frees the module.</summary>
    public void Dispose() => _handle.Dispose();
}
