using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>Multi-head self-attention (arXiv:1706.03762): softmax(q k' / sqrt(D / heads)) v for each head, and a projection of all.</summary>
internal sealed class MultiHeadAttention : CheckpointModule
{
    private readonly int _heads;
    private readonly Dense _query;
    private readonly Dense _key;
    private readonly Dense _value;
    private readonly Dense _out;

    internal MultiHeadAttention(int width, int heads)
    {
        _heads = heads;
        long[] perHead = [heads, width / heads];
        _query = Register("query", new Dense([width], perHead));
        _key = Register("key", new Dense([width], perHead));
        _value = Register("value", new Dense([width], perHead));
        _out = Register("out", new Dense(perHead, [width]));
    }

    /// <summary>[B, T, D] to the same shape.</summary>
    internal Tensor Forward(Tensor tokens)
    {
        Tensor attended = DotProductAttention.Apply(Heads(_query), Heads(_key), Heads(_value));
        return _out.Forward(DotProductAttention.MergeHeads(attended));

        Tensor Heads(Dense projection) => DotProductAttention.SplitHeads(projection.Forward(tokens), _heads);
    }
}
