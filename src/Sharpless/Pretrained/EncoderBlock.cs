using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>
/// Block of a vision transformer (arXiv:2010.11929, equations 2 and 3) or of a Mixer (arXiv:2105.01601, equation 1): x + mixing(norm(x)), then x + mlp(norm(x)).
/// Where the network scales its branches (LayerScale, arXiv:2103.17239), x + γ mixing(norm(x)), and the same of the MLP.
/// </summary>
internal sealed class EncoderBlock : CheckpointModule
{
    // Of networks from 18 to 24 blocks (arXiv:2103.17239, section 2.2).
    private const double FirstScale = 1e-5;
    private readonly LayerNorm _mixingNorm;
    private readonly Func<Tensor, Tensor> _mix;
    private readonly LayerNorm _mlpNorm;
    private readonly Mlp _mlp;
    private readonly Parameter? _mixingScale;
    private readonly Parameter? _mlpScale;

    internal EncoderBlock(EncoderForm form)
    {
        _mixingNorm = RegisterLayerNorm("LayerNorm_0", form.Width, form);
        if (form.Kind == EncoderKind.Mixer)
        {
            Mlp overTokens = this.Register("token_mixing", new Mlp(form.Tokens, form.TokenHidden, form.Gelu));
            _mix = tokens => overTokens.forward(tokens.transpose(1, 2)).transpose(1, 2);
        }
        else
        {
            _mix = this.Register("MultiHeadDotProductAttention_0", new MultiHeadAttention(form)).forward;
        }

        _mlpNorm = RegisterLayerNorm("LayerNorm_1", form.Width, form);
        _mlp = this.Register(form.Kind == EncoderKind.Mixer ? "channel_mixing" : "MlpBlock_0", new Mlp(form.Width, form.Hidden, form.Gelu));
        if (!form.ScalesBranches) return;
        _mixingScale = RegisterUnset("LayerScale_0/gamma", [form.Width], ParameterRole.Bias);
        _mlpScale = RegisterUnset("LayerScale_1/gamma", [form.Width], ParameterRole.Bias);
    }

    /// <summary>[B, T, D] to the same shape.</summary>
    internal Tensor forward(Tensor x, LayerRecorder taps)
    {
        taps.Record(LayerTaps.Input, x);
        Tensor mixed = _mix(_mixingNorm.forward(x));
        x += taps.Record(LayerTaps.Attention, _mixingScale is null ? mixed : mixed * _mixingScale);
        taps.Record(LayerTaps.MlpInput, x);
        return taps.Record(LayerTaps.Output, x + _mlp.forward(_mlpNorm.forward(x), taps, _mlpScale));
    }

    private protected override void Draw(Generator generator)
    {
        if (_mixingScale is null) return;
        ParameterValues.Constant(_mixingScale, FirstScale);
        ParameterValues.Constant(_mlpScale!, FirstScale);
    }
}
