using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// A plain convolutional network: three 3x3 convolutions of w, 2w, 4w channels with bias, each with ReLU and the maximum over 2x2 windows, and a linear head.
/// On the command line: <c>cnn</c>.
/// </summary>
/// <remarks>The published program accepts the name but defines no such network. Taps: block1 to block3 are the pooled convolutions.</remarks>
public sealed class PlainConvolutional : Classifier
{
    private readonly Convolution _conv1;
    private readonly Convolution _conv2;
    private readonly Convolution _conv3;
    private readonly Linear _linear;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images, classes and w.</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many channels are left.</param>
    public PlainConvolutional(ModelShape shape, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(given);
        int first = given.Outputs("conv1", shape.Width, norm: null, "conv2"), second = given.Outputs("conv2", 2 * shape.Width, norm: null, "conv3");
        int third = given.Outputs("conv3", 4 * shape.Width);
        _conv1 = this.Register("conv1", new Convolution(shape.Channels, first, 3, 1, 1));
        _conv2 = this.Register("conv2", new Convolution(first, second, 3, 1, 1));
        _conv3 = this.Register("conv3", new Convolution(second, third, 3, 1, 1));
        _linear = this.Register("linear", new Linear((long)third * (shape.Height / 8) * (shape.ImageWidth / 8), shape.Classes));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps { get; } = ["block1", "block2", "block3"];

    /// <inheritdoc/>
    public override IReadOnlyList<ChannelGroup> ChannelGroups { get; } = [new("conv1", null, ["conv2"]), new("conv2", null, ["conv3"]), new("conv3", null, ["linear"])];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        Tensor x = nn.functional.max_pool2d(_conv1.forward(images).relu(), 2);
        if (taps?.Record("block1", x) == true) return x;
        x = nn.functional.max_pool2d(_conv2.forward(x).relu(), 2);
        if (taps?.Record("block2", x) == true) return x;
        x = nn.functional.max_pool2d(_conv3.forward(x).relu(), 2);
        if (taps?.Record("block3", x) == true) return x;
        return _linear.forward(x.flatten(1)).To(ScalarType.Float32);
    }
}
