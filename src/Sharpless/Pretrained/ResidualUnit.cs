using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>Bottleneck unit of the residual stem (arXiv:1912.11370): 1x1, 3x3 and 1x1 convolution, each with group normalization; ReLU after the sum.</summary>
internal sealed class ResidualUnit : CheckpointModule
{
    /// <summary>Outputs for each channel in the middle.</summary>
    internal const int Expansion = 4;

    private readonly StandardizedConvolution _reduce;
    private readonly GroupNorm _reduceNorm;
    private readonly StandardizedConvolution _spatial;
    private readonly GroupNorm _spatialNorm;
    private readonly StandardizedConvolution _expand;
    private readonly GroupNorm _expandNorm;
    private readonly StandardizedConvolution? _projection;
    private readonly GroupNorm? _projectionNorm;

    internal ResidualUnit(long inputs, long width, long stride)
    {
        long outputs = Expansion * width;
        if (inputs != outputs || stride != 1)
        {
            _projection = this.Register("conv_proj", new StandardizedConvolution(1, inputs, outputs, stride));
            _projectionNorm = RegisterGroupNorm("gn_proj", outputs);
        }

        _reduce = this.Register("conv1", new StandardizedConvolution(1, inputs, width));
        _reduceNorm = RegisterGroupNorm("gn1", width);
        _spatial = this.Register("conv2", new StandardizedConvolution(3, width, width, stride));
        _spatialNorm = RegisterGroupNorm("gn2", width);
        _expand = this.Register("conv3", new StandardizedConvolution(1, width, outputs));
        _expandNorm = RegisterGroupNorm("gn3", outputs);
    }

    /// <summary>[B, inputs, H, W] to [B, 4 width, H / stride, W / stride].</summary>
    internal Tensor forward(Tensor x)
    {
        const double Relu = 0, NoActivation = 1;
        Tensor shortcut = _projection is null ? x : _projectionNorm!.forward(_projection.forward(x), NoActivation);
        Tensor y = _reduceNorm.forward(_reduce.forward(x), Relu);
        y = _spatialNorm.forward(_spatial.forward(y), Relu);
        return (_expandNorm.forward(_expand.forward(y), NoActivation) + shortcut).relu();
    }
}
