using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// Simple vision transformer (arXiv:2205.01580) for small images: 4x4 patches, fixed positions from sines and cosines, six blocks, no dropout, and a head that
/// reads the mean of the tokens. On the command line: <c>vit_exp</c>.
/// </summary>
/// <remarks>
/// Names are those of the library vit-pytorch of spring 2023, which the published code uses. Taps: block1 to block6 are all tokens after each
/// block (not normalized), block7 their normalized mean.
/// </remarks>
public sealed class SimpleVisionTransformer : Classifier
{
    private const double LongestWave = 10_000;
    private readonly PatchEmbedding _embedding;
    private readonly Tensor _positions;
    private readonly List<TransformerBlock> _blocks = [];
    private readonly LayerNorm _norm;
    private readonly Linear _linear;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images with sides that are multiples of 4, classes, and the width d of the tokens: a multiple of 4, 8 or more.</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many hidden units are left in each block.</param>
    public SimpleVisionTransformer(ModelShape shape, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(given);
        _embedding = this.Register("to_patch_embedding", new PatchEmbedding(shape.Channels, shape.Width));
        _positions = Positions(shape.Height / PatchEmbedding.Patch, shape.ImageWidth / PatchEmbedding.Patch, shape.Width);
        for (int block = 0; block < TransformerSize.Blocks; block++)
        {
            string name = $"transformer.layers.{block}";
            int hidden = given.Outputs($"{name}.1.net.1", TransformerSize.HiddenPerWidth * shape.Width, norm: null, $"{name}.1.net.3");
            var names = new TransformerBlockNames("0.norm", "0.to_qkv", "0.to_out", "1.net.0", "1.net.1", "1.net.3");
            _blocks.Add(this.Register(name, new TransformerBlock(shape.Width, hidden, hasProjectionBias: false, dropRate: 0, names)));
        }

        _norm = this.Register("linear_head.0", new LayerNorm(shape.Width));
        _linear = this.Register("linear_head.1", new Linear(shape.Width, shape.Classes));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps => TransformerSize.Taps;

    /// <summary>The hidden units of each block.</summary>
    public override IReadOnlyList<ChannelGroup> ChannelGroups =>
        [.. Enumerable.Range(0, TransformerSize.Blocks).Select(block => $"transformer.layers.{block}.1.net").Select(net => new ChannelGroup($"{net}.1", null, [$"{net}.3"]))];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        Tensor patches = _embedding.forward(images);
        Tensor x = patches + _positions.To(patches.device).To(patches.dtype);
        for (int block = 0; block < _blocks.Count; block++)
        {
            x = _blocks[block].forward(x);
            if (taps?.Record(Taps[block], x) == true) return x;
        }

        Tensor features = _norm.forward(x.mean([1]));
        if (taps?.Record(Taps[^1], features) == true) return features;
        return _linear.forward(features).To(ScalarType.Float32);
    }

    /// <inheritdoc cref="Initialization.PyTorchDefaults"/>
    public override void Initialize(Generator generator) => Initialization.PyTorchDefaults(this, generator);

    // [rows * columns, d]: sin and cos of the column, then of the row, at d/4 frequencies 10000^(-k / (d/4 - 1)).
    private static Tensor Positions(int rows, int columns, int width)
    {
        int frequencies = width / 4;
        var values = new float[rows * columns * width];
        for (int token = 0; token < rows * columns; token++)
        {
            for (int k = 0; k < frequencies; k++)
            {
                double frequency = Math.Pow(LongestWave, -k / (frequencies - 1.0));
                (double sinX, double cosX) = Math.SinCos(token % columns * frequency);
                (double sinY, double cosY) = Math.SinCos(token / columns * frequency);
                int first = (token * width) + k;
                (values[first], values[first + frequencies]) = ((float)sinX, (float)cosX);
                (values[first + (2 * frequencies)], values[first + (3 * frequencies)]) = ((float)sinY, (float)cosY);
            }
        }

        return Tensor.From<float>(values, rows * columns, width);
    }
}
