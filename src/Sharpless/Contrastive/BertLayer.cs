using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Contrastive;

/// <summary>Layer of a BERT: h = norm(x + attention(x)), then norm(h + mlp(h)) with GELU.</summary>
internal sealed class BertLayer : Block
{
    private readonly int _heads;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _projection;
    private readonly LayerNorm _attentionNorm;
    private readonly Linear _hidden;
    private readonly Linear _output;
    private readonly LayerNorm _norm;

    internal BertLayer(BertForm form)
    {
        _heads = form.Heads;
        _query = this.Register("attention.self.query", new Linear(form.Width, form.Width));
        _key = this.Register("attention.self.key", new Linear(form.Width, form.Width));
        _value = this.Register("attention.self.value", new Linear(form.Width, form.Width));
        _projection = this.Register("attention.output.dense", new Linear(form.Width, form.Width));
        _attentionNorm = this.Register("attention.output.LayerNorm", new LayerNorm(form.Width, form.Epsilon));
        _hidden = this.Register("intermediate.dense", new Linear(form.Width, form.Hidden));
        _output = this.Register("output.dense", new Linear(form.Hidden, form.Width));
        _norm = this.Register("output.LayerNorm", new LayerNorm(form.Width, form.Epsilon));
    }

    /// <param name="x">[B, T, D].</param>
    /// <param name="mask">[B, 1, 1, T], added to the products of queries and keys.</param>
    /// <returns>[B, T, D].</returns>
    internal Tensor forward(Tensor x, Tensor mask)
    {
        Tensor Heads(Linear projection) => DotProductAttention.SplitHeads(projection.forward(x), _heads);
        Tensor attended = DotProductAttention.Apply(Heads(_query), Heads(_key), Heads(_value), mask: mask);
        Tensor h = _attentionNorm.forward(x + _projection.forward(DotProductAttention.MergeHeads(attended)));
        return _norm.forward(h + _output.forward(Fused.Gelu(_hidden.forward(h))));
    }
}
