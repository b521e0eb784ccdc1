using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>A module whose tensors are named and shaped as in the published npz files: <c>Transformer/encoderblock_0/LayerNorm_0/scale</c>.</summary>
public abstract class CheckpointModule : Block, ISlashedNames
{
    // Of every group normalization in the published networks.
    private const double GroupEpsilon = 1e-6;
    private const long Groups = 32;

    private protected CheckpointModule() { }

    // Draws the first values of its own parameters, not of those of its parts.
    private protected virtual void Draw(Generator generator) { }

    private protected void DrawAll(Generator generator)
    {
        foreach (CheckpointModule module in this.All().OfType<CheckpointModule>()) module.Draw(generator);
    }

    // One number that stands for all: a shape without memory, until values replace it.
    private protected Parameter RegisterUnset(string name, long[] shape, ParameterRole role) => this.Register(name, zeros([1]).expand(shape), role);

    // The published files call the parameters of a normalization scale and bias.
    private protected LayerNorm RegisterLayerNorm(string name, long width, EncoderForm form) => this.Register(name, new LayerNorm(width, form.NormEpsilon, "scale"));

    private protected GroupNorm RegisterGroupNorm(string name, long channels) => this.Register(name, new GroupNorm(Groups, channels, GroupEpsilon, "scale"));
}
