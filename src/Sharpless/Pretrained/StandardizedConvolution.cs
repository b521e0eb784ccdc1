using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>
/// Convolution without bias whose kernel is standardized in every pass (arXiv:1903.10520): for each output, (w - mean) / (std + 1e-5) over its inputs, with the
/// population's std. As many outputs as inputs divided by the stride: zeros are added on both sides, the odd one after.
/// </summary>
internal sealed class StandardizedConvolution : CheckpointModule
{
    private readonly long _size;
    private readonly long _stride;
    private readonly Parameter _kernel;

    internal StandardizedConvolution(long size, long inputs, long outputs, long stride = 1)
    {
        (_size, _stride) = (size, stride);
        _kernel = RegisterUnset("kernel", [size, size, inputs, outputs], ParameterRole.Weight);
    }

    /// <summary>[B, inputs, H, W] to [B, outputs, H / stride, W / stride], rounded up.</summary>
    internal Tensor forward(Tensor input)
    {
        const double Epsilon = 1e-5;
        // In float32, whatever the precision: the differences are small beside the kernel.
        Tensor kernel = _kernel.To(ScalarType.Float32).permute(3, 2, 0, 1);
        Tensor rows = kernel.flatten(1);
        Tensor centred = rows - rows.mean([1], keepdim: true);
        Tensor deviation = (centred * centred).mean([1], keepdim: true).sqrt();
        Tensor standardized = (centred / (deviation + Epsilon)).reshape(kernel.shape).To(input.dtype);
        return Fused.Convolution(SamePadding.Pad(input, _size, _stride), standardized, _stride, 0);
    }

    private protected override void Draw(Generator generator) => ParameterValues.LecunNormal(_kernel, generator);
}
