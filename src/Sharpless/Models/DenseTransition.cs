using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>Between two blocks of a DenseNet (arXiv:1608.06993): batch norm, ReLU, a 1x1 convolution to fewer channels, and the mean over 2x2 windows.</summary>
internal sealed class DenseTransition : Block
{
    private readonly BatchNorm _bn1;
    private readonly Convolution _conv1;

    internal DenseTransition(int inputs, int outputs)
    {
        _bn1 = this.Register("bn1", new BatchNorm(inputs));
        _conv1 = this.Register("conv1", new Convolution(inputs, outputs, 1, bias: false));
    }

    /// <param name="x">[B, inputs, H, W].</param>
    /// <param name="activated">relu(bn(x)).</param>
    /// <returns>[B, outputs, H / 2, W / 2].</returns>
    internal Tensor forward(Tensor x, out Tensor activated)
    {
        activated = _bn1.forward(x, negativeSlope: 0);
        return nn.functional.avg_pool2d(_conv1.forward(activated), 2);
    }
}
