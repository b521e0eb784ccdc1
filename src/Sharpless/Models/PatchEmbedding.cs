using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>Images to tokens: each 4x4 patch goes through a layer norm, a linear layer and another layer norm.</summary>
internal sealed class PatchEmbedding : Block
{
    internal const int Patch = 4;
    private readonly LayerNorm _patchNorm;
    private readonly Linear _linear;
    private readonly LayerNorm _tokenNorm;

    /// <param name="channels">Channels of the images.</param>
    /// <param name="width">Width of the tokens.</param>
    internal PatchEmbedding(int channels, int width)
    {
        // In PyTorch's sequence the cutting itself is module 0.
        _patchNorm = this.Register("1", new LayerNorm(Patch * Patch * channels));
        _linear = this.Register("2", new Linear(Patch * Patch * channels, width));
        _tokenNorm = this.Register("3", new LayerNorm(width));
    }

    /// <summary>[B, C, H, W] to [B, H/4 * W/4, width]: patches row by row, the pixels of each in the order row, column, channel.</summary>
    internal Tensor forward(Tensor images)
    {
        long[] s = images.shape;
        long rows = s[2] / Patch, columns = s[3] / Patch;
        Tensor patches = images.reshape(s[0], s[1], rows, Patch, columns, Patch).permute(0, 2, 4, 3, 5, 1).reshape(s[0], rows * columns, Patch * Patch * s[1]);
        return _tokenNorm.forward(_linear.forward(_patchNorm.forward(patches)));
    }
}
