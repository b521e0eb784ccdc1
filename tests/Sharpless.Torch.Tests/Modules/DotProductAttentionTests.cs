using Sharpless.Torch.Modules;

namespace Sharpless.Torch.Tests.Modules;

/// <summary>Attention against its definition, query by query in float64.</summary>
public class DotProductAttentionTests
{
    private const int Batch = 2, Heads = 3, Queries = 4, Keys = 5, Width = 6, ValueWidth = 2;

    [Theory, InlineData(false), InlineData(true)]
    public void Each_query_takes_the_weighted_mean_of_the_values(bool masks)
    {
        using var scope = NewDisposeScope();
        Tensor q = Numbers(1, Batch, Heads, Queries, Width), k = Numbers(2, Batch, Heads, Keys, Width), v = Numbers(3, Batch, Heads, Keys, ValueWidth);
        float[] bias = new float[Queries * Keys];
        if (masks) (bias[3], bias[Keys + 1]) = (float.NegativeInfinity, float.NegativeInfinity);
        Tensor actual = DotProductAttention.Apply(q, k, v, mask: masks ? Tensor.From<float>(bias, Queries, Keys) : null);
        Assert.Equal([Batch, Heads, Queries, ValueWidth], actual.shape);
        float[] qs = q.ToArray<float>(), ks = k.ToArray<float>(), vs = v.ToArray<float>(), values = actual.ToArray<float>();
        for (int head = 0; head < Batch * Heads; head++)
        {
            for (int query = 0; query < Queries; query++)
            {
                double[] weights = [.. Enumerable.Range(0, Keys).Select(key => Math.Exp(
                    (Enumerable.Range(0, Width).Sum(i => (double)qs[((((head * Queries) + query) * Width) + i)] * ks[(((head * Keys) + key) * Width) + i]) / Math.Sqrt(Width)) + bias[(query * Keys) + key]))];
                for (int i = 0; i < ValueWidth; i++)
                {
                    double expected = Enumerable.Range(0, Keys).Sum(key => weights[key] * vs[(((head * Keys) + key) * ValueWidth) + i]) / weights.Sum();
                    Assert.Equal(expected, values[(((head * Queries) + query) * ValueWidth) + i], 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Dropout_is_applied_to_the_weights()
    {
        using var scope = NewDisposeScope();
        Tensor q = Numbers(1, 1, 1, 1, Width), k = Numbers(2, 1, 1, 200, Width), identity = zeros([1, 1, 200, 200]);
        for (int i = 0; i < 200; i++) identity.select(2, i).select(2, i).fill_(1);
        Runtime.Seed(1);
        float[] whole = DotProductAttention.Apply(q, k, identity).ToArray<float>(), dropped = DotProductAttention.Apply(q, k, identity, new Dropout(0.5)).ToArray<float>();
        Assert.All(dropped.Zip(whole), pair => Assert.True(pair.First == 0 || Math.Abs(pair.First - (2 * pair.Second)) < 1e-6, $"{pair}"));
        Assert.InRange(dropped.Count(value => value == 0), 60, 140);
    }

    [Fact]
    public void Heads_are_neighbouring_stretches_of_the_width()
    {
        using var scope = NewDisposeScope();
        Tensor tokens = arange(0, 2 * 3 * 8, ScalarType.Float32).reshape(2, 3, 8), heads = DotProductAttention.SplitHeads(tokens, 4);
        Assert.Equal([2, 4, 3, 2], heads.shape);
        Assert.Equal([(8 * ((1 * 3) + 2)) + (2 * 3)], heads.select(0, 1).select(0, 3).select(0, 2).select(0, 0).reshape(1).ToArray<float>());
        Assert.Equal(tokens.ToArray<float>(), DotProductAttention.MergeHeads(heads).ToArray<float>());
        Assert.Equal(tokens.shape, DotProductAttention.MergeHeads(heads).shape);
    }

    private static Tensor Numbers(int seed, params long[] shape)
    {
        using var generator = Generator.Seeded(seed);
        Tensor tensor = Tensor.Empty(shape);
        tensor.normal_(0, 1, generator);
        return tensor;
    }
}
