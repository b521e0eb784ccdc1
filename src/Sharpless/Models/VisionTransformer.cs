using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// Vision transformer (arXiv:2010.11929) for small images: 4x4 patches and a class token, learned positions, six blocks, dropout 0.1, and a head that
/// reads the class token. On the command line: <c>vit_basic</c>.
/// </summary>
/// <remarks>
/// Names are those of the library vit-pytorch of spring 2023, which the published code uses. Taps: block1 to block6 are all tokens after each
/// block (not normalized), block7 the normalized class token.
/// </remarks>
public sealed class VisionTransformer : Classifier
{
    private const double DropRate = 0.1;
    private readonly Parameter _positions;
    private readonly Parameter _classToken;
    private readonly PatchEmbedding _embedding;
    private readonly Dropout _dropout;
    private readonly List<TransformerBlock> _blocks = [];
    private readonly LayerNorm _norm;
    private readonly Linear _linear;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images with sides that are multiples of 4, classes, and the width d of the tokens.</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many hidden units are left in each block.</param>
    public VisionTransformer(ModelShape shape, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(given);
        long tokens = (shape.Height / PatchEmbedding.Patch * (shape.ImageWidth / PatchEmbedding.Patch)) + 1;
        _positions = this.Register("pos_embedding", zeros([1, tokens, shape.Width]), ParameterRole.Bias);
        _classToken = this.Register("cls_token", zeros([1, 1, shape.Width]), ParameterRole.Bias);
        _embedding = this.Register("to_patch_embedding", new PatchEmbedding(shape.Channels, shape.Width));
        _dropout = this.Register("dropout", new Dropout(DropRate));
        for (int block = 0; block < TransformerSize.Blocks; block++)
        {
            string name = $"transformer.layers.{block}";
            int hidden = given.Outputs($"{name}.1.fn.net.0", TransformerSize.HiddenPerWidth * shape.Width, norm: null, $"{name}.1.fn.net.3");
            var names = new TransformerBlockNames("0.norm", "0.fn.to_qkv", "0.fn.to_out.0", "1.norm", "1.fn.net.0", "1.fn.net.3");
            _blocks.Add(this.Register(name, new TransformerBlock(shape.Width, hidden, hasProjectionBias: true, DropRate, names)));
        }

        _norm = this.Register("mlp_head.0", new LayerNorm(shape.Width));
        _linear = this.Register("mlp_head.1", new Linear(shape.Width, shape.Classes));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps => TransformerSize.Taps;

    /// <summary>The hidden units of each block.</summary>
    public override IReadOnlyList<ChannelGroup> ChannelGroups =>
        [.. Enumerable.Range(0, TransformerSize.Blocks).Select(block => $"transformer.layers.{block}.1.fn.net").Select(net => new ChannelGroup($"{net}.0", null, [$"{net}.3"]))];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        Tensor patches = _embedding.forward(images);
        Tensor classToken = _classToken.expand(patches.size(0), -1, -1);
        Tensor x = _dropout.forward(cat([classToken, patches], 1) + _positions);
        for (int block = 0; block < _blocks.Count; block++)
        {
            x = _blocks[block].forward(x);
            if (taps?.Record(Taps[block], x) == true) return x;
        }

        Tensor features = _norm.forward(x.select(1, 0));
        if (taps?.Record(Taps[^1], features) == true) return features;
        return _linear.forward(features).To(ScalarType.Float32);
    }

    /// <summary>Positions and class token N(0, 1); linear layers by <see cref="Initialization.PyTorchDefaults"/>.</summary>
    public override void Initialize(Generator generator)
    {
        using IDisposable off = no_grad();
        _positions.normal_(0, 1, generator);
        _classToken.normal_(0, 1, generator);
        Initialization.PyTorchDefaults(this, generator);
    }
}
