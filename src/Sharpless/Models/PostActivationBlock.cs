using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>Residual block of the first ResNets (arXiv:1512.03385): relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)), where a shortcut that changes the shape is bn(conv1x1(x)).</summary>
internal sealed class PostActivationBlock : Block
{
    private readonly Convolution _conv1;
    private readonly BatchNorm _bn1;
    private readonly Convolution _conv2;
    private readonly BatchNorm _bn2;
    private readonly Convolution? _shortcut;
    private readonly BatchNorm? _shortcutNorm;

    /// <param name="inputs">Channels of x.</param>
    /// <param name="hidden">Channels between the convolutions: the outputs, unless some were removed.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="stride">Of the first convolution and the shortcut.</param>
    internal PostActivationBlock(int inputs, int hidden, int outputs, int stride)
    {
        _conv1 = this.Register("conv1", new Convolution(inputs, hidden, 3, stride, 1, bias: false));
        _bn1 = this.Register("bn1", new BatchNorm(hidden));
        _conv2 = this.Register("conv2", new Convolution(hidden, outputs, 3, 1, 1, bias: false));
        _bn2 = this.Register("bn2", new BatchNorm(outputs));
        if (stride == 1 && inputs == outputs) return;
        _shortcut = this.Register("shortcut.0", new Convolution(inputs, outputs, 1, stride, bias: false));
        _shortcutNorm = this.Register("shortcut.1", new BatchNorm(outputs));
    }

    /// <summary>[B, inputs, H, W] to [B, outputs, H', W'].</summary>
    internal Tensor forward(Tensor x)
    {
        Tensor hidden = _bn1.forward(_conv1.forward(x), negativeSlope: 0);
        Tensor branch = _bn2.forward(_conv2.forward(hidden), negativeSlope: 1);
        Tensor shortcut = _shortcut is null ? x : _shortcutNorm!.forward(_shortcut.forward(x), negativeSlope: 1);
        return (branch + shortcut).relu();
    }
}
