using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>A fully connected network: the pixels, two hidden layers of w units with ReLU, and a linear head. On the command line: <c>fc</c>.</summary>
/// <remarks>The published program accepts the name but defines no such network. Taps: block1 and block2 are the hidden layers after ReLU.</remarks>
public sealed class FullyConnected : Classifier
{
    private readonly Linear _fc1;
    private readonly Linear _fc2;
    private readonly Linear _fc3;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images, classes and w.</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many units are left.</param>
    public FullyConnected(ModelShape shape, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(given);
        int first = given.Outputs("fc1", shape.Width, norm: null, "fc2"), second = given.Outputs("fc2", shape.Width, norm: null, "fc3");
        _fc1 = this.Register("fc1", new Linear((long)shape.Channels * shape.Height * shape.ImageWidth, first));
        _fc2 = this.Register("fc2", new Linear(first, second));
        _fc3 = this.Register("fc3", new Linear(second, shape.Classes));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps { get; } = ["block1", "block2"];

    /// <inheritdoc/>
    public override IReadOnlyList<ChannelGroup> ChannelGroups { get; } = [new("fc1", null, ["fc2"]), new("fc2", null, ["fc3"])];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        ArgumentNullException.ThrowIfNull(images);
        Tensor x = _fc1.forward(images.flatten(1)).relu();
        if (taps?.Record("block1", x) == true) return x;
        x = _fc2.forward(x).relu();
        if (taps?.Record("block2", x) == true) return x;
        return _fc3.forward(x).To(ScalarType.Float32);
    }
}
