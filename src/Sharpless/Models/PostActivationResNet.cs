using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// ResNet for small images as first published (arXiv:1512.03385), with the activation after the addition: 3x3 stem, batch norm, ReLU, four stages of
/// widths w, 2w, 4w, 8w with strides 1, 2, 2, 2, mean over 4x4 windows and a linear head.
/// </summary>
/// <remarks>
/// Taps: block1 to block4 are the outputs of the stages (all after ReLU), block5 the pooled features. The head is sized from the image; where
/// the last stage is smaller than 4x4, the window is all of it.
/// </remarks>
public sealed class PostActivationResNet : Classifier
{
    private readonly Convolution _stem;
    private readonly BatchNorm _bn;
    private readonly List<List<PostActivationBlock>> _stages = [];
    private readonly Linear _linear;
    private readonly int _window;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images, classes and w.</param>
    /// <param name="blocks">Blocks of each of the four stages; 2, 2, 2, 2 is ResNet-18.</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many channels are left inside each block.</param>
    public PostActivationResNet(ModelShape shape, IReadOnlyList<int> blocks, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(given);
        _stem = this.Register("conv1", new Convolution(shape.Channels, shape.Width, 3, 1, 1, bias: false));
        _bn = this.Register("bn1", new BatchNorm(shape.Width));
        int inputs = shape.Width, height = shape.Height, width = shape.ImageWidth;
        for (int stage = 0; stage < blocks.Count; stage++)
        {
            List<PostActivationBlock> members = [];
            int outputs = shape.Width << stage;
            for (int block = 0; block < blocks[stage]; block++)
            {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                string name = $"layer{stage + 1}.{block}";
                int hidden = given.Outputs($"{name}.conv1", outputs, $"{name}.bn1", $"{name}.conv2");
                members.Add(this.Register(name, new PostActivationBlock(inputs, hidden, outputs, stride)));
                (inputs, height, width) = (outputs, (height + stride - 1) / stride, (width + stride - 1) / stride);
            }

            _stages.Add(members);
        }

        _window = Math.Min(4, Math.Min(height, width));
        _linear = this.Register("linear", new Linear((long)inputs * (height / _window) * (width / _window), shape.Classes));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps { get; } = ["block1", "block2", "block3", "block4", "block5"];

    /// <summary>Inside each block the channels are its own. The others are summed along the network.</summary>
    public override IReadOnlyList<ChannelGroup> ChannelGroups =>
    [
        .. named_modules().Where(part => part.module is PostActivationBlock).Select(part => new ChannelGroup($"{part.name}.conv1", $"{part.name}.bn1", [$"{part.name}.conv2"])),
        .. named_modules().Where(part => part.module is PostActivationBlock).Select(part => new ChannelGroup($"{part.name}.conv2", $"{part.name}.bn2", [], IsRemovable: false)),
    ];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        Tensor x = _bn.forward(_stem.forward(images), negativeSlope: 0);
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            foreach (PostActivationBlock block in _stages[stage]) x = block.forward(x);
            if (taps?.Record(Taps[stage], x) == true) return x;
        }

        Tensor pooled = nn.functional.avg_pool2d(x, _window).flatten(1);
        if (taps?.Record("block5", pooled) == true) return pooled;
        return _linear.forward(pooled).To(ScalarType.Float32);
    }
}
