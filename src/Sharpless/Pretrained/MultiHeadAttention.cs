using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>
/// Multi-head self-attention (arXiv:1706.03762): softmax(q k' / sqrt(D / heads)) v for each head, and a projection of all. In some networks q and k are normalized
/// over the features of a head before (arXiv:2302.05442).
/// </summary>
internal sealed class MultiHeadAttention : CheckpointModule
{
    private readonly int _heads;
    private readonly Dense _query;
    private readonly Dense _key;
    private readonly Dense _value;
    private readonly Dense _out;
    private readonly LayerNorm? _queryNorm;
    private readonly LayerNorm? _keyNorm;

    internal MultiHeadAttention(EncoderForm form)
    {
        int width = form.Width, heads = form.Heads;
        _heads = heads;
        long[] perHead = [heads, width / heads];
        _query = this.Register("query", new Dense([width], perHead));
        _key = this.Register("key", new Dense([width], perHead));
        _value = this.Register("value", new Dense([width], perHead));
        _out = this.Register("out", new Dense(perHead, [width]));
        if (!form.NormalizesQueries) return;
        _queryNorm = RegisterLayerNorm("query_ln", width / heads, form);
        _keyNorm = RegisterLayerNorm("key_ln", width / heads, form);
    }

    /// <summary>[B, T, D] to the same shape.</summary>
    internal Tensor forward(Tensor tokens)
    {
        Tensor attended = DotProductAttention.Apply(Heads(_query, _queryNorm), Heads(_key, _keyNorm), Heads(_value));
        return _out.forward(DotProductAttention.MergeHeads(attended));

        Tensor Heads(Dense projection, LayerNorm? norm = null)
        {
            Tensor heads = DotProductAttention.SplitHeads(projection.forward(tokens), _heads);
            return norm is null ? heads : norm.forward(heads);
        }
    }
}
