using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>Where the modules of a transformer block stand in the <c>state_dict</c>, as names inside the block.</summary>
/// <param name="AttentionNorm">Layer norm before the attention.</param>
/// <param name="QueriesKeysValues">The three projections in one.</param>
/// <param name="Projection">Projection after the attention.</param>
/// <param name="HiddenNorm">Layer norm before the hidden layer.</param>
/// <param name="Hidden">Hidden layer.</param>
/// <param name="Output">Layer after it.</param>
internal sealed record TransformerBlockNames(string AttentionNorm, string QueriesKeysValues, string Projection, string HiddenNorm, string Hidden, string Output);

/// <summary>Block of a vision transformer (arXiv:2010.11929, equations 2 and 3): x + attention(norm(x)), then x + mlp(norm(x)) with GELU.</summary>
internal sealed class TransformerBlock : Block
{
    private readonly LayerNorm _attentionNorm;
    private readonly Linear _queriesKeysValues;
    private readonly Linear _projection;
    private readonly LayerNorm _hiddenNorm;
    private readonly Linear _hidden;
    private readonly Linear _output;
    private readonly Dropout _dropout;

    /// <param name="width">Width D of the tokens.</param>
    /// <param name="hidden">Units of the hidden layer.</param>
    /// <param name="hasProjectionBias">Whether the projection after the attention has a bias; that before it has none.</param>
    /// <param name="dropRate">Of the attention, of the hidden layer and of both results.</param>
    /// <param name="names">Names of its modules.</param>
    internal TransformerBlock(int width, int hidden, bool hasProjectionBias, double dropRate, TransformerBlockNames names)
    {
        const int Inner = TransformerSize.Heads * TransformerSize.HeadWidth;
        _attentionNorm = this.Register(names.AttentionNorm, new LayerNorm(width));
        _queriesKeysValues = this.Register(names.QueriesKeysValues, new Linear(width, 3 * Inner, bias: false));
        _projection = this.Register(names.Projection, new Linear(Inner, width, hasProjectionBias));
        _hiddenNorm = this.Register(names.HiddenNorm, new LayerNorm(width));
        _hidden = this.Register(names.Hidden, new Linear(width, hidden));
        _output = this.Register(names.Output, new Linear(hidden, width));
        _dropout = this.Register("dropout", new Dropout(dropRate));
    }

    /// <summary>[B, T, D] to the same shape.</summary>
    internal Tensor forward(Tensor x)
    {
        Tensor projected = _queriesKeysValues.forward(_attentionNorm.forward(x));
        long inner = projected.size(-1) / 3;
        Tensor Part(int index) => DotProductAttention.SplitHeads(projected.narrow(-1, index * inner, inner), TransformerSize.Heads);
        Tensor attended = DotProductAttention.Apply(Part(0), Part(1), Part(2), _dropout);
        x = _dropout.forward(_projection.forward(DotProductAttention.MergeHeads(attended))) + x;
        Tensor hidden = _dropout.forward(Fused.Gelu(_hidden.forward(_hiddenNorm.forward(x))));
        return _dropout.forward(_output.forward(hidden)) + x;
    }
}
