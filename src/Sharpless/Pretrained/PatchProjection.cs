using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>Cuts images into patches and projects each to a token: a convolution whose stride is its kernel, done as one matrix product.</summary>
internal sealed class PatchProjection : CheckpointModule
{
    private readonly long _patch;
    private readonly Parameter _kernel;
    private readonly Parameter? _bias;

    internal PatchProjection(long patch, long channels, long width, bool bias = true)
    {
        _patch = patch;
        _kernel = RegisterUnset("kernel", [patch, patch, channels, width], ParameterRole.Weight);
        if (bias) _bias = RegisterUnset("bias", [width], ParameterRole.Bias);
    }

    /// <summary>[B, C, H, W] to [B, H/P * W/P, width], patches row by row.</summary>
    internal Tensor forward(Tensor images)
    {
        long[] s = images.shape;
        long rows = s[2] / _patch, columns = s[3] / _patch, values = _patch * _patch * s[1];
        Tensor patches = images.reshape(s[0], s[1], rows, _patch, columns, _patch).permute(0, 2, 4, 3, 5, 1).reshape(s[0], rows * columns, values);
        return nn.functional.linear(patches, _kernel.reshape(values, -1).transpose(0, 1), _bias);
    }

    private protected override void Draw(Generator generator)
    {
        ParameterValues.LecunNormal(_kernel, generator);
        if (_bias is not null) ParameterValues.Normal(_bias, deviation: 0, generator);
    }
}
