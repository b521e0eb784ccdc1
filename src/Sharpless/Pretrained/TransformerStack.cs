using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>What the published files keep under <c>Transformer</c>: positions, blocks and the final normalization.</summary>
internal sealed class TransformerStack : CheckpointModule
{
    private readonly Parameter _positions;

    internal TransformerStack(EncoderForm form)
    {
        _positions = RegisterUnset("posembed_input/pos_embedding", [1, form.PositionedPrefix + (form.Grid * form.Grid), form.Width], ParameterRole.Bias);
        Blocks = [.. Enumerable.Range(0, form.Layers).Select(i => this.Register($"encoderblock_{i}", new EncoderBlock(form)))];
        if (!form.NormalizesMean) Norm = RegisterLayerNorm("encoder_norm", form.Width, form);
    }

    internal IReadOnlyList<EncoderBlock> Blocks { get; }

    /// <summary>Null where the mean is normalized in place of the tokens.</summary>
    internal LayerNorm? Norm { get; }

    /// <summary>Adds positions to those tokens that have one: [B, T, D] to the same shape.</summary>
    internal Tensor AddPositions(Tensor tokens) => tokens + _positions;

    private protected override void Draw(Generator generator) => ParameterValues.Normal(_positions, deviation: 0.02, generator);
}
