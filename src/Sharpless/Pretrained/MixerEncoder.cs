using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>MLP-Mixer (arXiv:2105.01601).</summary>
internal sealed class MixerEncoder : ImageEncoder
{
    private const int Colours = 3;
    private readonly PatchProjection _stem;

    internal MixerEncoder(EncoderForm form)
        : base(form)
    {
        _stem = this.Register("stem", new PatchProjection(form.Patch, Colours, form.Width));
        Blocks = [.. Enumerable.Range(0, form.Layers).Select(i => this.Register($"MixerBlock_{i}", new EncoderBlock(form)))];
        FinalNorm = RegisterLayerNorm("pre_head_layer_norm", form.Width, form);
        if (form.Classes > 0) Head = this.Register("head", new Dense([form.Width], [form.Classes]));
    }

    private protected override IReadOnlyList<EncoderBlock> Blocks { get; }

    private protected override LayerNorm FinalNorm { get; }

    private protected override Tensor Embed(Tensor images) => _stem.forward(images);
}
