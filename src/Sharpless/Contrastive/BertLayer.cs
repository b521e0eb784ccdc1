using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Contrastive;

/// <summary>Layer of a BERT: h = norm(x + attention(x)), then norm(h + mlp(h)) with GELU.</summary>
internal sealed class BertLayer : Module
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
        _query = Register("attention.self.query", new Linear(form.Width, form.Width));
        _key = Register("attention.self.key", new Linear(form.Width, form.Width));
        _value = Register("attention.self.value", new Linear(form.Width, form.Width));
        _projection = Register("attention.output.dense", new Linear(form.Width, form.Width));
        _attentionNorm = Register("attention.output.LayerNorm", new LayerNorm(form.Width, form.Epsilon));
        _hidden = Register("intermediate.dense", new Linear(form.Width, form.Hidden));
        _output = Register("output.dense", new Linear(form.Hidden, form.Width));
        _norm = Register("output.LayerNorm", new LayerNorm(form.Width, form.Epsilon));
    }

    /// <param name="x">[B, T, D].</param>
    /// <param name="mask">[B, 1, 1, T], added to the products of queries and keys.</param>
    /// <returns>[B, T, D].</returns>
    internal Tensor Forward(Tensor x, Tensor mask)
    {
        Tensor Heads(Linear projection) => DotProductAttention.SplitHeads(projection.Forward(x), _heads);
        Tensor attended = DotProductAttention.Apply(Heads(_query), Heads(_key), Heads(_value), mask: mask);
        Tensor h = _attentionNorm.Forward(x + _projection.Forward(DotProductAttention.MergeHeads(attended)));
        return _norm.Forward(h + _output.Forward(Fused.Gelu(_hidden.Forward(h))));
    }
}
