using System.Runtime.InteropServices;
using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>A TorchScript module as a network that can be measured at its output.</summary>
/// <param name="module">Owned by this from now on.</param>
public sealed class ScriptNetwork(ScriptModule module) : IForeignNetwork
{
    /// <summary>Tap of the output of the whole network.</summary>
    public const string OutputTap = "output";

    /// <inheritdoc/>
    public string Kind => "torchscript";

    /// <inheritdoc/>
    public IReadOnlyList<string> Taps { get; } = [OutputTap];

    /// <inheritdoc/>
    public int? ImageHeight => null;

    /// <inheritdoc/>
    public int? ImageWidth => null;

    /// <inheritdoc/>
    /// <exception cref="ExternalException">The network refuses such images.</exception>
    public IReadOnlyList<Tensor> Run(Tensor images) => [module.Run(images)];

    /// <summary>Frees the module.</summary>
    public void Dispose() => module.Dispose();
}
