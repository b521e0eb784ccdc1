using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// The network of the exercise on sparse networks, in the style of a DCGAN discriminator: two 4x4 convolutions of stride 2 (w and 2w
/// channels; the second with batch norm), leaky ReLU 0.2, one linear head. On the command line: <c>classifier</c>.
/// </summary>
public sealed class SmallClassifier : Classifier
{
    private const double NegativeSlope = 0.2;
    private readonly Convolution _conv1;
    private readonly Convolution _conv2;
    private readonly BatchNorm _bn2;
    private readonly Linear _linear;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images, classes and w (64 in the exercise).</param>
    /// <param name="given">Weights that it is to be loaded with: they decide whether the convolutions have a bias (PyTorch's have by default) and how many channels are left.</param>
    public SmallClassifier(ModelShape shape, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(given);
        bool bias = given.Has(otherwise: true, "conv1.bias", "conv2.bias");
        int first = given.Outputs("conv1", shape.Width, norm: null, "conv2"), second = given.Outputs("conv2", 2 * shape.Width, "bn2");
        _conv1 = this.Register("conv1", new Convolution(shape.Channels, first, 4, 2, 1, bias));
        _conv2 = this.Register("conv2", new Convolution(first, second, 4, 2, 1, bias));
        _bn2 = this.Register("bn2", new BatchNorm(second));
        _linear = this.Register("linear", new Linear((long)second * (shape.Height / 2 / 2) * (shape.ImageWidth / 2 / 2), shape.Classes));
    }

    /// <summary>block1: after the first activation; block2: after the second.</summary>
    public override IReadOnlyList<string> Taps { get; } = ["block1", "block2"];

    /// <inheritdoc/>
    public override IReadOnlyList<ChannelGroup> ChannelGroups { get; } = [new("conv1", null, ["conv2"]), new("conv2", "bn2", ["linear"])];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        Tensor first = nn.functional.leaky_relu(_conv1.forward(images), NegativeSlope);
        if (taps?.Record("block1", first) == true) return first;
        Tensor second = _bn2.forward(_conv2.forward(first), NegativeSlope);
        if (taps?.Record("block2", second) == true) return second;
        return _linear.forward(second.flatten(1)).To(ScalarType.Float32);
    }

    /// <inheritdoc cref="Initialization.PyTorchDefaults"/>
    public override void Initialize(Generator generator) => Initialization.PyTorchDefaults(this, generator);
}
