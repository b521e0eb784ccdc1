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
    private readonly Parameter? _registers;
    private readonly LayerNorm? _inputNorm;
    private readonly LayerNorm? _meanNorm;
    private readonly TransformerStack _transformer;

    internal VitEncoder(EncoderForm form)
        : base(form)
    {
        long channels = Colours;
        if (form.Kind == EncoderKind.Hybrid)
        {
            channels = form.StemWidth;
            _root = this.Register("conv_root", new StandardizedConvolution(RootKernel, Colours, channels, RootStride));
            _rootNorm = RegisterGroupNorm("gn_root", channels);
            for (int stage = 0; stage < form.StemUnits.Count; stage++)
            {
                long width = (long)form.StemWidth << stage;
                _stages.Add(this.Register($"block{stage + 1}", new ResidualStage(channels, width, form.StemUnits[stage], stage == 0 ? 1 : 2)));
                channels = ResidualUnit.Expansion * width;
            }
        }

        _embedding = this.Register("embedding", new PatchProjection(form.Patch, channels, form.Width, form.HasEmbeddingBias));
        if (form.HasClassToken) _classToken = RegisterUnset("cls", [1, 1, form.Width], ParameterRole.Bias);
        if (form.Registers > 0) _registers = RegisterUnset("reg", [1, form.Registers, form.Width], ParameterRole.Bias);
        if (form.NormalizesInput) _inputNorm = RegisterLayerNorm("norm_pre", form.Width, form);
        _transformer = this.Register("Transformer", new TransformerStack(form));
        if (form.NormalizesMean) _meanNorm = RegisterLayerNorm("fc_norm", form.Width, form);
        if (form.Representation > 0) Representation = this.Register("pre_logits", new Dense([form.Width], [form.Representation]));
        if (form.Classes > 0) Head = this.Register("head", new Dense([form.Representation > 0 ? form.Representation : form.Width], [form.Classes]));
    }

    private protected override IReadOnlyList<EncoderBlock> Blocks => _transformer.Blocks;

    private protected override LayerNorm FinalNorm => (_meanNorm ?? _transformer.Norm)!;

    private protected override Tensor Embed(Tensor images)
    {
        Tensor patches = _embedding.forward(_root is null ? images : Stem(images));
        Tensor[] prefix = [.. new[] { _classToken, _registers }.OfType<Parameter>().Select(part => part.expand(patches.size(0), -1, -1))];
        Tensor tokens = Form.Positions switch
        {
            PositionScope.AllTokens => _transformer.AddPositions(Join([.. prefix, patches])),
            PositionScope.Patches => Join([.. prefix, _transformer.AddPositions(patches)]),
            PositionScope.ClassTokenAndPatches => WithRegisters(_transformer.AddPositions(Join([prefix[0], patches]))),
            _ => throw new InvalidOperationException($"Bug in Sharpless: {Form.Positions} is no scope of positions."),
        };
        return _inputNorm?.forward(tokens) ?? tokens;

        static Tensor Join(Tensor[] parts) => parts.Length == 1 ? parts[0] : cat(parts, 1);

        Tensor WithRegisters(Tensor others) => Join([others.narrow(1, 0, 1), prefix[1], others.narrow(1, 1, patches.size(1))]);
    }

    private protected override void Draw(Generator generator)
    {
        if (_classToken is not null) ParameterValues.Normal(_classToken, deviation: 0, generator);
        if (_registers is not null) ParameterValues.Normal(_registers, deviation: 1e-6, generator);
    }

    private Tensor Stem(Tensor images)
    {
        Tensor x = _rootNorm!.forward(_root!.forward(images), negativeSlope: 0);
        x = nn.functional.max_pool2d(SamePadding.Pad(x, PoolWindow, PoolStride, double.NegativeInfinity), PoolWindow, PoolStride);
        return _stages.Aggregate(x, (input, stage) => stage.forward(input));
    }
}
