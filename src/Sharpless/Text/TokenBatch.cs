using Sharpless.Torch;

namespace Sharpless.Text;

/// <summary>Token ids of some texts, padded to one length.</summary>
/// <param name="Ids">[B, T] Int64.</param>
/// <param name="Mask">[B, T] Int64: 1 where a token is, 0 where there is padding.</param>
public sealed record TokenBatch(Tensor Ids, Tensor Mask)
{
    /// <summary>The same texts without the last positions that are padding in all of them: what no token looks at need not be computed.</summary>
    public TokenBatch WithoutCommonPadding()
    {
        long length = (long)Mask.sum(dim: 0).ne(0).sum().Item();
        return new TokenBatch(Ids.narrow(1, 0, length), Mask.narrow(1, 0, length));
    }

    /// <summary>The same on a device.</summary>
    public TokenBatch To(Device device) => new(Ids.To(device), Mask.To(device));
}
