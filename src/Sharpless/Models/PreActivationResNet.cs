using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// Pre-activation ResNet for small images (arXiv:1603.05027 as arXiv:2305.16292 uses it): 3x3 stem, four stages of widths w, 2w, 4w, 8w
/// with strides 1, 2, 2, 2, then batch norm, ReLU, mean over 4x4 windows and a linear head.
/// </summary>
/// <remarks>
/// Taps: block1 to block3 are the outputs of those stages (residual sums, not activated), block4 is relu(bn(stage 4)), block5 the pooled
/// features. The head is sized from the image; where the last stage is smaller than 4x4, the window is all of it.
/// </remarks>
public sealed class PreActivationResNet : Classifier
{
    private readonly Convolution _stem;
    private readonly List<List<PreActivationBlock>> _stages = [];
    private readonly BatchNorm _bn;
    private readonly Linear _linear;
    private readonly int _window;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images, classes and w.</param>
    /// <param name="blocks">Blocks of each of the four stages; 2, 2, 2, 2 is ResNet-18.</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many channels are left inside each block.</param>
    public PreActivationResNet(ModelShape shape, IReadOnlyList<int> blocks, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(given);
        _stem = Register("conv1", new Convolution(shape.Channels, shape.Width, 3, 1, 1, bias: false));
        int inputs = shape.Width, height = shape.Height, width = shape.ImageWidth;
        for (int stage = 0; stage < blocks.Count; stage++)
        {
            List<PreActivationBlock> members = [];
            int outputs = shape.Width << stage;
            for (int block = 0; block < blocks[stage]; block++)
            {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                string name = $"layer{stage + 1}.{block}";
                int hidden = given.Outputs($"{name}.conv1.weight", outputs);
                members.Add(Register(name, new PreActivationBlock(inputs, hidden, outputs, stride)));
                (inputs, height, width) = (outputs, (height + stride - 1) / stride, (width + stride - 1) / stride);
            }

            _stages.Add(members);
        }

        _window = Math.Min(4, Math.Min(height, width));
        _bn = Register("bn", new BatchNorm(inputs));
        // Two classes need one logit; the other is 0 (see Forward).
        _linear = Register("linear", new Linear((long)inputs * (height / _window) * (width / _window), shape.Classes == 2 ? 1 : shape.Classes));
        HasOneLogit = shape.Classes == 2;
    }

    /// <summary>Whether the network computes one logit z and returns [0, z], as the published code does for two classes.</summary>
    public bool HasOneLogit { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps { get; } = ["block1", "block2", "block3", "block4", "block5"];

    /// <summary>Inside each block the channels are its own. Those of the stem, of the second convolutions and of the shortcuts are summed along the network.</summary>
    public override IReadOnlyList<ChannelGroup> ChannelGroups =>
    [
        .. Parts.Where(part => part.Module is PreActivationBlock).Select(part => new ChannelGroup($"{part.Name}.conv1", $"{part.Name}.bn2", [$"{part.Name}.conv2"])),
        .. Parts.Where(part => part.Module is PreActivationBlock).Select(part => new ChannelGroup($"{part.Name}.conv2", null, [], IsRemovable: false)),
    ];

    /// <inheritdoc/>
    public override Tensor Forward(Tensor images, TapRecorder? taps = null)
    {
        Tensor branch = _stem.Forward(images);
        Tensor? shortcut = null;
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            for (int block = 0; block < _stages[stage].Count; block++)
            {
                (branch, shortcut) = _stages[stage][block].Forward(branch, shortcut, out Tensor sum);
                if (stage > 0 && block == 0) taps?.Record(Taps[stage - 1], sum);
            }
        }

        Tensor activated = _bn.Forward(branch, shortcut, negativeSlope: 0).Activated;
        taps?.Record("block4", activated);
        Tensor pooled = activated.AveragePool(_window).Flatten(1);
        taps?.Record("block5", pooled);
        Tensor logits = _linear.Forward(pooled).To(ScalarType.Float32);
        return HasOneLogit ? Tensor.Cat([logits * 0, logits], 1) : logits;
    }

    /// <inheritdoc/>
    public override void Initialize(Generator generator)
    {
        foreach (Module module in All())
        {
            if (module is Convolution convolution) Initialization.KaimingNormalFanOut(convolution, generator);
            if (module is Linear linear) Initialization.UniformFanIn(linear, generator);
        }
    }
}
