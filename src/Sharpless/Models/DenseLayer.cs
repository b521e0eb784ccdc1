using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>Bottleneck layer of a DenseNet (arXiv:1608.06993): [x, conv2(relu(bn2(conv1(relu(bn1(x))))))], a 1x1 and a 3x3 convolution.</summary>
internal sealed class DenseLayer : Block
{
    private readonly BatchNorm _bn1;
    private readonly Convolution _conv1;
    private readonly BatchNorm _bn2;
    private readonly Convolution _conv2;

    /// <param name="inputs">Channels of x.</param>
    /// <param name="hidden">Channels between the convolutions.</param>
    /// <param name="growth">Channels that the layer adds.</param>
    internal DenseLayer(int inputs, int hidden, int growth)
    {
        _bn1 = this.Register("bn1", new BatchNorm(inputs));
        _conv1 = this.Register("conv1", new Convolution(inputs, hidden, 1, bias: false));
        _bn2 = this.Register("bn2", new BatchNorm(hidden));
        _conv2 = this.Register("conv2", new Convolution(hidden, growth, 3, 1, 1, bias: false));
    }

    /// <summary>[B, inputs, H, W] to [B, inputs + growth, H, W].</summary>
    internal Tensor forward(Tensor x)
    {
        Tensor hidden = _bn2.forward(_conv1.forward(_bn1.forward(x, negativeSlope: 0)), negativeSlope: 0);
        return cat([x, _conv2.forward(hidden)], 1);
    }
}
