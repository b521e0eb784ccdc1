using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sharpless.Torch.Files;

namespace Sharpless.Torch;

/// <summary>A TorchScript module (<c>torch.jit.script</c> or <c>torch.jit.trace</c>, saved), in evaluation mode.</summary>
/// <remarks>TorchScript is a program that libtorch runs: load files that you trust.</remarks>
public sealed class ScriptModule : IDisposable
{
    private readonly jit.ScriptModule _module;

    private ScriptModule(jit.ScriptModule module) => _module = module;

    /// <summary>Loads a file.</summary>
    /// <param name="path">As <c>torch.jit.save</c> wrote it.</param>
    /// <param name="device">Where it runs; the CPU unless given.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">Not such a file, or a damaged one.</exception>
    /// <exception cref="ExternalException">libtorch cannot load it; the message says why.</exception>
    public static ScriptModule Load(string path, Device? device = null)
    {
        Require(path);
        jit.ScriptModule module = jit.load(path, device ?? CPU);
        module.eval();
        // Halves and bfloat16 are how weights are stored; pictures come in float32.
        module.to(ScalarType.Float32);
        return new ScriptModule(module);
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
    /// <returns>The output; of a tuple or a list its first tensor. Owned by the caller.</returns>
    /// <exception cref="ExternalException">The module refuses.</exception>
    /// <exception cref="InvalidDataException">Its output has no tensor.</exception>
    public Tensor Run(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        using IDisposable off = no_grad();
        return First(_module.call(images)) ?? throw new InvalidDataException("The output of the network is no tensor, and has none.");
    }

    /// <summary>Frees the module.</summary>
    public void Dispose() => _module.Dispose();

    private static Tensor? First(object? output) => output switch
    {
        Tensor tensor => tensor,
        System.Runtime.CompilerServices.ITuple tuple => Enumerable.Range(0, tuple.Length).Select(i => First(tuple[i])).FirstOrDefault(found => found is not null),
        System.Collections.IEnumerable list and not string => list.Cast<object?>().Select(First).FirstOrDefault(found => found is not null),
        _ => null,
    };
}
