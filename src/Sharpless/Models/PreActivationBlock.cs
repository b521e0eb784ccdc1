using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>
/// Pre-activation residual block (arXiv:1603.05027): o = act(norm1(x)); x + conv2(dropout(act(norm2(conv1(o))))), where a shortcut that changes
/// the shape is a 1x1 convolution of the activated o.
/// </summary>
/// <remarks>
/// The last addition is left to the normalization that follows, which fuses it: the block takes and returns x as two summands.
/// </remarks>
internal sealed class PreActivationBlock : Block
{
    private readonly BlockActivation _activation;
    private readonly ChannelNorm _norm1;
    private readonly Convolution _conv1;
    private readonly ChannelNorm _norm2;
    private readonly Dropout _dropout;
    private readonly Convolution _conv2;
    private readonly Convolution? _shortcut;

    /// <param name="inputs">Channels of x.</param>
    /// <param name="hidden">Channels between the convolutions: the outputs, unless some were removed.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="stride">Of the first convolution and the shortcut.</param>
    /// <param name="layout">Its normalization and names.</param>
    /// <param name="options">Its activation and dropout.</param>
    internal PreActivationBlock(int inputs, int hidden, int outputs, int stride, PreActivationLayout layout, ModelOptions options)
    {
        _activation = options.Activation;
        _norm1 = this.Register("bn1", layout.NormOf(inputs));
        _conv1 = this.Register("conv1", new Convolution(inputs, hidden, 3, stride, 1, bias: false));
        _norm2 = this.Register("bn2", layout.NormOf(hidden));
        _dropout = this.Register("dropout", new Dropout(options.DropRate));
        _conv2 = this.Register("conv2", new Convolution(hidden, outputs, 3, 1, 1, bias: false));
        if (stride != 1 || inputs != outputs) _shortcut = this.Register(layout.ShortcutName, new Convolution(inputs, outputs, 1, stride, bias: false));
    }

    /// <param name="branch">One summand of x, [B, inputs, H, W].</param>
    /// <param name="shortcut">The other, or null.</param>
    /// <param name="sum">x itself.</param>
    /// <returns>The two summands of the block's output.</returns>
    internal (Tensor Branch, Tensor Shortcut) forward(Tensor branch, Tensor? shortcut, out Tensor sum)
    {
        (Tensor activated, sum) = _activation.After(_norm1, branch, shortcut);
        Tensor hidden = _activation.After(_norm2, _conv1.forward(activated)).Activated;
        return (_conv2.forward(_dropout.forward(hidden)), _shortcut?.forward(activated) ?? sum);
    }
}
