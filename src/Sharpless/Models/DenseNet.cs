using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// DenseNet-BC (arXiv:1608.06993): a stem of 2k channels, three blocks of bottleneck layers that add k channels each, transitions that halve
/// channels and sides, then batch norm, ReLU, the mean over the whole map and a linear head.
/// </summary>
/// <remarks>
/// It returns log-probabilities, as the published code does: cross entropy is the same, other losses see them instead of free logits.
/// Taps: block1 is the stem, block2 and block3 relu(bn) in the transitions, block4 relu(bn) at the end, block5 the pooled features.
/// </remarks>
public sealed class DenseNet : Classifier
{
    private const int Blocks = 3;
    private const int HiddenPerGrowth = 4;
    private readonly Convolution _stem;
    private readonly List<List<DenseLayer>> _blocks = [];
    private readonly List<DenseTransition> _transitions = [];
    private readonly BatchNorm _bn;
    private readonly Linear _linear;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images, classes, and the growth k as width (12 in the paper).</param>
    /// <param name="layers">Layers of each block: 6 for 40, 16 for 100 layers in all.</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many channels are left inside each layer.</param>
    public DenseNet(ModelShape shape, int layers, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(given);
        int growth = shape.Width, channels = 2 * growth;
        _stem = this.Register("conv1", new Convolution(shape.Channels, channels, 3, 1, 1, bias: false));
        for (int block = 1; block <= Blocks; block++)
        {
            List<DenseLayer> members = [];
            for (int layer = 0; layer < layers; layer++)
            {
                string name = $"dense{block}.{layer}";
                int hidden = given.Outputs($"{name}.conv1", HiddenPerGrowth * growth, $"{name}.bn2", $"{name}.conv2");
                members.Add(this.Register(name, new DenseLayer(channels, hidden, growth)));
                channels += growth;
            }

            _blocks.Add(members);
            if (block == Blocks) break;
            _transitions.Add(this.Register($"trans{block}", new DenseTransition(channels, channels / 2)));
            channels /= 2;
        }

        _bn = this.Register("bn1", new BatchNorm(channels));
        _linear = this.Register("fc", new Linear(channels, shape.Classes));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps { get; } = ["block1", "block2", "block3", "block4", "block5"];

    /// <summary>Inside each layer the channels are its own. Those that a layer adds are read by everything behind it.</summary>
    public override IReadOnlyList<ChannelGroup> ChannelGroups =>
    [
        .. named_modules().Where(part => part.module is DenseLayer).Select(part => new ChannelGroup($"{part.name}.conv1", $"{part.name}.bn2", [$"{part.name}.conv2"])),
        .. named_modules().Where(part => part.module is DenseLayer).Select(part => new ChannelGroup($"{part.name}.conv2", null, [], IsRemovable: false)),
    ];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        Tensor x = _stem.forward(images);
        if (taps?.Record("block1", x) == true) return x;
        for (int block = 0; block < Blocks; block++)
        {
            foreach (DenseLayer layer in _blocks[block]) x = layer.forward(x);
            if (block == Blocks - 1) break;
            x = _transitions[block].forward(x, out Tensor before);
            if (taps?.Record(Taps[block + 1], before) == true) return before;
        }

        Tensor activated = _bn.forward(x, negativeSlope: 0);
        if (taps?.Record("block4", activated) == true) return activated;
        Tensor pooled = activated.mean([3]).mean([2]);
        if (taps?.Record("block5", pooled) == true) return pooled;
        return _linear.forward(pooled).To(ScalarType.Float32).log_softmax(1);
    }
}
