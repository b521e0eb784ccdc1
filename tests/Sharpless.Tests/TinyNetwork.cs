using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests;

/// <summary>
/// A convolution, a batch norm and a linear layer, with dropout before it where asked for: every role of parameter, small enough to step thousands of times.
/// </summary>
internal sealed class TinyNetwork : Block
{
    private const int Batch = 8;
    private readonly Convolution _conv;
    private readonly BatchNorm _bn;
    private readonly Dropout _dropout;
    private readonly Linear _linear;

    internal TinyNetwork(long seed, double dropRate = 0)
    {
        _conv = this.Register("conv", new Convolution(2, 4, 3, padding: 1, bias: false));
        _bn = this.Register("bn", new BatchNorm(4));
        _dropout = this.Register("dropout", new Dropout(dropRate));
        _linear = this.Register("linear", new Linear(4 * 5 * 5, 3));
        using var generator = Generator.Seeded(seed);
        Initialization.KaimingNormalFanOut(_conv, generator);
        Initialization.UniformFanIn(_linear, generator);
    }

    internal Tensor Images(long seed)
    {
        using var generator = Generator.Seeded(seed);
        Tensor images = Tensor.Empty([Batch, 2, 5, 5], format: memory_format.channels_last);
        images.normal_(0, 1, generator);
        return images;
    }

    internal Tensor Labels(long seed) => Tensor.From([.. Enumerable.Range(0, Batch).Select(i => (i + seed) % 3)]);

    internal Tensor Loss(Tensor images, Tensor labels) => nn.functional.cross_entropy(Logits(images), labels);

    internal Tensor Logits(Tensor images)
    {
        Tensor hidden = _bn.forward(_conv.forward(images.To(_conv.Weight.dtype)), negativeSlope: 0);
        return _linear.forward(_dropout.forward(hidden.flatten(1))).To(ScalarType.Float32);
    }
}
