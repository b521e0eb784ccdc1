using Microsoft.Win32.SafeHandles;
using Sharpless.Torch.Files;

namespace Sharpless.Torch;

/// <summary>
/// A TorchScript module (<c>torch.jit.script</c> or <c>torch.jit.trace</c>, saved), in evaluation mode.
/// </summary>
/// <remarks>TorchScript is a program that libtorch runs: load files that you trust.</remarks>
public sealed class ScriptModule : IDisposable
{
    private readonly ScriptHandle _handle;

    private ScriptModule(ScriptHandle handle) => _handle = handle;

    /// <summary>Loads a file.</summary>
    /// <param name="path">As <c>torch.jit.save</c> wrote it.</param>
    /// <param name="device">Where it runs.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">Not such a file, or a damaged one.</exception>
    /// <exception cref="TorchException">libtorch cannot load it; the message says why.</exception>
    public static ScriptModule Load(string path, Device device = default)
    {
        Require(path);
        return new ScriptModule(Native.LoadScript(path, device));
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
    /// <returns>What it returns; of a tuple the first tensor. Owned by the caller.</returns>
    /// <exception cref="TorchException">The module refuses.</exception>
    public Tensor Run(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Tensor.Own(Native.RunScript(_handle, images.Handle));
    }

    /// <summary>Frees the module.</summary>
    public void Dispose() => _handle.Dispose();
}
