using Sharpless.Kernels;

namespace Sharpless.Torch.Modules;

/// <summary>Scaled dot-product attention (arXiv:1706.03762, equation 1): softmax(q k' / sqrt(D)) v.</summary>
public static class DotProductAttention
{
    /// <summary>Each query takes the mean of the values, weighted by how well their keys match it.</summary>
    /// <param name="queries">[B, heads, Q, D].</param>
    /// <param name="keys">[B, heads, T, D].</param>
    /// <param name="values">[B, heads, T, V].</param>
    /// <param name="dropout">Applied to the weights; null for none.</param>
    /// <param name="mask">Added to the products before the softmax, broadcast to [B, heads, Q, T]: 0, and minus infinity where a query must not look. Null for none.</param>
    /// <returns>[B, heads, Q, V].</returns>
    public static Tensor Apply(Tensor queries, Tensor keys, Tensor values, Dropout? dropout = null, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(keys);
        if (dropout is not { Rate: > 0, training: true }) return Fused.Attention(queries, keys, values, mask);
        Tensor products = (queries * (1 / Math.Sqrt(queries.size(-1)))).MatrixProduct(keys.transpose(-2, -1));
        if (mask is not null) products += mask;
        return dropout.forward(products.softmax(-1)).MatrixProduct(values);
    }

    /// <summary>The width D of all heads side by side, as heads: [B, T, heads * D] to [B, heads, T, D]. A view.</summary>
    public static Tensor SplitHeads(Tensor tokens, long heads)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return tokens.reshape(tokens.size(0), tokens.size(1), heads, tokens.size(2) / heads).transpose(1, 2);
    }

    /// <summary>The opposite of <see cref="SplitHeads"/>: [B, heads, T, D] to [B, T, heads * D].</summary>
    public static Tensor MergeHeads(Tensor heads)
    {
        ArgumentNullException.ThrowIfNull(heads);
        return heads.transpose(1, 2).reshape(heads.size(0), heads.size(2), heads.size(1) * heads.size(3));
    }
}
