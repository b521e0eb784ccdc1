using System.Runtime.InteropServices;

namespace Sharpless.Torch.Modules;

/// <summary>A table of vectors, one for each index.</summary>
public sealed class Embedding : Layer
{
    /// <summary>A table of zeros; see <see cref="Initialization"/>.</summary>
    /// <param name="count">Number of vectors.</param>
    /// <param name="width">Size of each.</param>
    public Embedding(long count, long width) => Weight = this.Register("weight", zeros([count, width]), ParameterRole.Weight);

    /// <summary>[count, width].</summary>
    public Parameter Weight { get; }

    /// <summary>[...] Int64 to [..., width].</summary>
    /// <exception cref="ExternalException">An index is out of range.</exception>
    public override Tensor forward(Tensor indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        using Tensor flat = indices.flatten();
        using Tensor rows = Weight.index_select(0, flat);
        return rows.reshape([.. indices.shape, Weight.size(1)]);
    }
}
