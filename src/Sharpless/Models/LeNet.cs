using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// LeNet-5 in its modern form (LeCun and others, Proceedings of the IEEE 86, 1998): two 5x5 convolutions without padding, each with ReLU and the maximum
/// over 2x2 windows, two hidden linear layers and the head. Channels and units are w, 8w/3, 20w, 14w: w = 6 gives the original 6, 16, 120, 84.
/// </summary>
/// <remarks>The published program accepts the name but defines no such network. Taps: block1 and block2 are the pooled convolutions, block3 and block4 the hidden layers after ReLU.</remarks>
public sealed class LeNet : Classifier
{
    /// <summary>Smallest side of an image that leaves something after both convolutions.</summary>
    public const int SmallestImage = 16;

    private readonly Convolution _conv1;
    private readonly Convolution _conv2;
    private readonly Linear _fc1;
    private readonly Linear _fc2;
    private readonly Linear _fc3;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images, classes and w.</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many channels are left.</param>
    public LeNet(ModelShape shape, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(given);
        int w = shape.Width;
        int first = given.Outputs("conv1", w, norm: null, "conv2"), second = given.Outputs("conv2", Math.Max(1, 8 * w / 3));
        int third = given.Outputs("fc1", 20 * w, norm: null, "fc2"), fourth = given.Outputs("fc2", 14 * w, norm: null, "fc3");
        _conv1 = this.Register("conv1", new Convolution(shape.Channels, first, 5));
        _conv2 = this.Register("conv2", new Convolution(first, second, 5));
        _fc1 = this.Register("fc1", new Linear((long)second * Side(shape.Height) * Side(shape.ImageWidth), third));
        _fc2 = this.Register("fc2", new Linear(third, fourth));
        _fc3 = this.Register("fc3", new Linear(fourth, shape.Classes));

        static int Side(int size) => (((size - 4) / 2) - 4) / 2;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps { get; } = ["block1", "block2", "block3", "block4"];

    /// <inheritdoc/>
    public override IReadOnlyList<ChannelGroup> ChannelGroups { get; } = [new("conv1", null, ["conv2"]), new("conv2", null, ["fc1"]), new("fc1", null, ["fc2"]), new("fc2", null, ["fc3"])];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        Tensor x = nn.functional.max_pool2d(_conv1.forward(images).relu(), 2);
        if (taps?.Record("block1", x) == true) return x;
        x = nn.functional.max_pool2d(_conv2.forward(x).relu(), 2);
        if (taps?.Record("block2", x) == true) return x;
        x = _fc1.forward(x.flatten(1)).relu();
        if (taps?.Record("block3", x) == true) return x;
        x = _fc2.forward(x).relu();
        if (taps?.Record("block4", x) == true) return x;
        return _fc3.forward(x).To(ScalarType.Float32);
    }
}
