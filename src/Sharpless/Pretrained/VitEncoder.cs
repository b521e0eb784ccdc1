using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>Vision transformer (arXiv:2010.11929), alone or on a residual stem.</summary>
internal sealed class VitEncoder : ImageEncoder
{
    private const int Colours = 3, RootKernel = 7, RootStride = 2, PoolWindow = 3, PoolStride = 2;
    private readonly StandardizedConvolution? _root;
    private readonly GroupNorm? _rootNorm;
    private readonly List<ResidualStage> _stages = [];
    private readonly PatchProjection _embedding;
    private readonly Parameter? _classToken;
    private readonly TransformerStack _transformer;

    internal VitEncoder(EncoderForm form)
        : base(form)
    {
        long channels = Colours;
        if (form.Kind == EncoderKind.Hybrid)
        {
            channels = form.StemWidth;
            _root = Register("conv_root", new StandardizedConvolution(RootKernel, Colours, channels, RootStride));
            _rootNorm = RegisterGroupNorm("gn_root", channels);
            for (int stage = 0; stage < form.StemUnits.Count; stage++)
            {
                long width = (long)form.StemWidth << stage;
                _stages.Add(Register($"block{stage + 1}", new ResidualStage(channels, width, form.StemUnits[stage], stage == 0 ? 1 : 2)));
                channels = ResidualUnit.Expansion * width;
            }
        }

        _embedding = Register("embedding", new PatchProjection(form.Patch, channels, form.Width));
        if (form.HasClassToken) _classToken = RegisterUnset("cls", [1, 1, form.Width], ParameterRole.Bias);
        _transformer = Register("Transformer", new TransformerStack(form));
        if (form.Representation > 0) Representation = Register("pre_logits", new Dense([form.Width], [form.Representation]));
        if (form.Classes > 0) Head = Register("head", new Dense([form.Representation > 0 ? form.Representation : form.Width], [form.Classes]));
    }

    private protected override IReadOnlyList<EncoderBlock> Blocks => _transformer.Blocks;

    private protected override LayerNorm FinalNorm => _transformer.Norm;

    private protected override Tensor Embed(Tensor images)
    {
        Tensor patches = _embedding.Forward(_root is null ? images : Stem(images));
        if (_classToken is null) return _transformer.AddPositions(patches);
        return _transformer.AddPositions(Tensor.Cat([_classToken.Value.Expand(patches.Size(0), -1, -1), patches], 1));
    }

    private protected override void Draw(Generator generator)
    {
        if (_classToken is not null) ParameterValues.Normal(_classToken, deviation: 0, generator);
    }

    private Tensor Stem(Tensor images)
    {
        Tensor x = _rootNorm!.Forward(_root!.Forward(images), negativeSlope: 0);
        x = SamePadding.Pad(x, PoolWindow, PoolStride, double.NegativeInfinity).MaximumPool(PoolWindow, PoolStride);
        return _stages.Aggregate(x, (input, stage) => stage.Forward(input));
    }
}
