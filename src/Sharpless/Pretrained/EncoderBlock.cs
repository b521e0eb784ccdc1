using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>
/// Block of a vision transformer (arXiv:2010.11929, equations 2 and 3) or of a Mixer (arXiv:2105.01601, equation 1): x + mixing(norm(x)), then x + mlp(norm(x)).
/// </summary>
internal sealed class EncoderBlock : CheckpointModule
{
    private readonly LayerNorm _mixingNorm;
    private readonly Func<Tensor, Tensor> _mix;
    private readonly LayerNorm _mlpNorm;
    private readonly Mlp _mlp;

    internal EncoderBlock(EncoderForm form)
    {
        _mixingNorm = RegisterLayerNorm("LayerNorm_0", form.Width);
        if (form.Kind == EncoderKind.Mixer)
        {
            Mlp overTokens = Register("token_mixing", new Mlp(form.Tokens, form.TokenHidden, form.Gelu));
            _mix = tokens => overTokens.Forward(tokens.Transpose(1, 2)).Transpose(1, 2);
        }
        else
        {
            _mix = Register("MultiHeadDotProductAttention_0", new MultiHeadAttention(form.Width, form.Heads)).Forward;
        }

        _mlpNorm = RegisterLayerNorm("LayerNorm_1", form.Width);
        _mlp = Register(form.Kind == EncoderKind.Mixer ? "channel_mixing" : "MlpBlock_0", new Mlp(form.Width, form.Hidden, form.Gelu));
    }

    /// <summary>[B, T, D] to the same shape.</summary>
    internal Tensor Forward(Tensor x, LayerRecorder taps)
    {
        taps.Record(LayerTaps.Input, x);
        x += taps.Record(LayerTaps.Attention, _mix(_mixingNorm.Forward(x)));
        taps.Record(LayerTaps.MlpInput, x);
        return taps.Record(LayerTaps.Output, x + _mlp.Forward(_mlpNorm.Forward(x), taps));
    }
}
