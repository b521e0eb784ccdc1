using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>
/// Pre-activation residual block (arXiv:1603.05027): o = relu(bn1(x)); x + conv2(relu(bn2(conv1(o)))), where a shortcut that changes the
/// shape is a 1x1 convolution of the activated o.
/// </summary>
/// <remarks>
/// The last addition is left to the batch norm that follows, which fuses it: the block takes and returns x as two summands.
/// </remarks>
internal sealed class PreActivationBlock : Module
{
    private readonly BatchNorm _bn1;
    private readonly Convolution _conv1;
    private readonly BatchNorm _bn2;
    private readonly Convolution _conv2;
    private readonly Convolution? _shortcut;

    /// <param name="inputs">Channels of x.</param>
    /// <param name="hidden">Channels between the convolutions: the outputs, unless some were removed.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="stride">Of the first convolution and the shortcut.</param>
    internal PreActivationBlock(int inputs, int hidden, int outputs, int stride)
    {
        _bn1 = Register("bn1", new BatchNorm(inputs));
        _conv1 = Register("conv1", new Convolution(inputs, hidden, 3, stride, 1, bias: false));
        _bn2 = Register("bn2", new BatchNorm(hidden));
        _conv2 = Register("conv2", new Convolution(hidden, outputs, 3, 1, 1, bias: false));
        if (stride != 1 || inputs != outputs) _shortcut = Register("shortcut.0", new Convolution(inputs, outputs, 1, stride, bias: false));
    }

    /// <param name="branch">One summand of x, [B, inputs, H, W].</param>
    /// <param name="shortcut">The other, or null.</param>
    /// <param name="sum">x itself.</param>
    /// <returns>The two summands of the block's output.</returns>
    internal (Tensor Branch, Tensor Shortcut) Forward(Tensor branch, Tensor? shortcut, out Tensor sum)
    {
        (Tensor activated, sum) = _bn1.Forward(branch, shortcut, negativeSlope: 0);
        Tensor hidden = _bn2.Forward(_conv1.Forward(activated), negativeSlope: 0);
        return (_conv2.Forward(hidden), _shortcut?.Forward(activated) ?? sum);
    }
}
