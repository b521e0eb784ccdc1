using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>
/// Pre-activation ResNet for small images (arXiv:1603.05027): 3x3 stem, stages of residual blocks, then normalization, ReLU, mean over square
/// windows and a linear head. <see cref="PreActivationLayout"/> says which one.
/// </summary>
/// <remarks>
/// Taps of n stages: block1 to block(n-1) are the outputs of those stages (residual sums, not activated), block n is relu(norm(stage n)),
/// block(n+1) the pooled features. The head is sized from the image.
/// </remarks>
public sealed class PreActivationResNet : Classifier
{
    private readonly PreActivationLayout _layout;
    private readonly Convolution _stem;
    private readonly List<List<PreActivationBlock>> _stages = [];
    private readonly ChannelNorm _norm;
    private readonly Linear _linear;
    private readonly int _window;

    /// <summary>A network with weights that are not initialised.</summary>
    /// <param name="shape">Images and classes.</param>
    /// <param name="layout">Which network.</param>
    /// <param name="options">Activation and dropout of its blocks.</param>
    /// <param name="given">Weights that it is to be loaded with: they decide how many channels are left inside each block.</param>
    public PreActivationResNet(ModelShape shape, PreActivationLayout layout, ModelOptions options, GivenShapes given)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(given);
        _layout = layout;
        _stem = this.Register("conv1", new Convolution(shape.Channels, layout.Stem, 3, 1, 1, bias: false));
        int inputs = layout.Stem, height = shape.Height, width = shape.ImageWidth;
        foreach (ResidualStage stage in layout.Stages)
        {
            List<PreActivationBlock> blocks = [];
            for (int block = 0; block < stage.Blocks; block++)
            {
                string name = $"{stage.Name}{block}";
                int hidden = given.Outputs($"{name}.conv1", stage.Outputs, $"{name}.bn2", $"{name}.conv2");
                blocks.Add(this.Register(name, new PreActivationBlock(inputs, hidden, stage.Outputs, block == 0 ? stage.Stride : 1, layout, options)));
                inputs = stage.Outputs;
            }

            _stages.Add(blocks);
            (height, width) = ((height + stage.Stride - 1) / stage.Stride, (width + stage.Stride - 1) / stage.Stride);
        }

        Taps = [.. Enumerable.Range(1, layout.Stages.Count + 1).Select(block => $"block{block}")];
        HasOneLogit = layout.HasOneLogitForTwoClasses && shape.Classes == 2;
        _window = Math.Min(layout.Window, Math.Min(height, width));
        _norm = this.Register(layout.NormName, layout.NormOf(inputs));
        _linear = this.Register(layout.HeadName, new Linear((long)inputs * (height / _window) * (width / _window), HasOneLogit ? 1 : shape.Classes));
    }

    /// <summary>Whether the network computes one logit z and returns [0, z], as the published ResNets do for two classes.</summary>
    public bool HasOneLogit { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Taps { get; }

    /// <summary>
    /// Inside each block the channels are its own, unless group normalization mixes them with their neighbours. Those of the stem, of the second
    /// convolutions and of the shortcuts are summed along the network.
    /// </summary>
    public override IReadOnlyList<ChannelGroup> ChannelGroups =>
    [
        .. named_modules().Where(part => part.module is PreActivationBlock).Select(part => new ChannelGroup($"{part.name}.conv1", $"{part.name}.bn2", [$"{part.name}.conv2"], IsRemovable: _layout.Groups is null)),
        .. named_modules().Where(part => part.module is PreActivationBlock).Select(part => new ChannelGroup($"{part.name}.conv2", null, [], IsRemovable: false)),
    ];

    /// <inheritdoc/>
    public override Tensor forward(Tensor images, TapRecorder? taps)
    {
        Tensor branch = _stem.forward(images);
        Tensor? shortcut = null;
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            for (int block = 0; block < _stages[stage].Count; block++)
            {
                (branch, shortcut) = _stages[stage][block].forward(branch, shortcut, out Tensor sum);
                if (stage > 0 && block == 0 && taps?.Record(Taps[stage - 1], sum) == true) return sum;
            }
        }

        Tensor activated = _norm.forward(branch, shortcut, negativeSlope: 0).Activated;
        if (taps?.Record(Taps[^2], activated) == true) return activated;
        Tensor pooled = nn.functional.avg_pool2d(activated, _window).flatten(1);
        if (taps?.Record(Taps[^1], pooled) == true) return pooled;
        Tensor logits = _linear.forward(pooled).To(ScalarType.Float32);
        return HasOneLogit ? cat([logits * 0, logits], 1) : logits;
    }
}
