using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>What the published files keep under <c>Transformer</c>: positions, blocks and the final normalization.</summary>
internal sealed class TransformerStack : CheckpointModule
{
    private readonly Parameter _positions;

    internal TransformerStack(EncoderForm form)
    {
        _positions = RegisterUnset("posembed_input/pos_embedding", [1, form.Tokens, form.Width], ParameterRole.Bias);
        Blocks = [.. Enumerable.Range(0, form.Layers).Select(i => Register($"encoderblock_{i}", new EncoderBlock(form)))];
        Norm = RegisterLayerNorm("encoder_norm", form.Width);
    }

    internal IReadOnlyList<EncoderBlock> Blocks { get; }

    internal LayerNorm Norm { get; }

    /// <summary>[B, T, D] to the same shape.</summary>
    internal Tensor AddPositions(Tensor tokens) => tokens + _positions.Value;

    private protected override void Draw(Generator generator) => ParameterValues.Normal(_positions, deviation: 0.02, generator);
}
