using Sharpless.Models;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Contrastive;

/// <summary>
/// BERT (arXiv:1810.04805): embeddings of words, positions and token types, then transformer layers that normalize after each addition. Without its pooler, which
/// nothing here reads, and without dropout, as in the published training.
/// </summary>
/// <remarks>Names are those of the published PyTorch files. Taps: <c>layer1.res</c> and so on, the output of each layer, [B, T, D].</remarks>
public sealed class BertEncoder : Block
{
    private readonly Embedding _words;
    private readonly Embedding _positions;
    private readonly Embedding _types;
    private readonly LayerNorm _norm;
    private readonly List<BertLayer> _layers = [];

    /// <summary>A network with weights that are not initialised.</summary>
    /// <exception cref="ArgumentException">No network can have this form.</exception>
    public BertEncoder(BertForm form)
    {
        ArgumentNullException.ThrowIfNull(form);
        if (form.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(form));
        Form = form;
        _words = this.Register("embeddings.word_embeddings", new Embedding(form.VocabularySize, form.Width));
        _positions = this.Register("embeddings.position_embeddings", new Embedding(form.Positions, form.Width));
        _types = this.Register("embeddings.token_type_embeddings", new Embedding(form.TokenTypes, form.Width));
        _norm = this.Register("embeddings.LayerNorm", new LayerNorm(form.Width, form.Epsilon));
        for (int layer = 0; layer < form.Layers; layer++) _layers.Add(this.Register($"encoder.layer.{layer}", new BertLayer(form)));
        Taps = [.. Enumerable.Range(1, form.Layers).Select(TapOf)];
    }

    /// <summary>What it is made of.</summary>
    public BertForm Form { get; }

    /// <summary>Names of the taps from input to output.</summary>
    public IReadOnlyList<string> Taps { get; }

    /// <summary>All layers.</summary>
    /// <param name="tokens">Ids [B, T] of the vocabulary, T at most <see cref="BertForm.Positions"/>, and their mask: no token looks at one that is masked.</param>
    /// <param name="taps">Receives the activations it wants; null for none.</param>
    /// <returns>[B, T, D].</returns>
    public Tensor forward(TokenBatch tokens, TapRecorder? taps = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        long length = tokens.Ids.size(1);
        if (length > Form.Positions) throw new ArgumentException($"The texts have {length} tokens; this BERT has {Form.Positions} positions.", nameof(tokens));
        Tensor positions = arange(0, length, device: tokens.Ids.device);
        Tensor x = _norm.forward(_words.forward(tokens.Ids) + _positions.forward(positions) + _types.forward(zeros([length], ScalarType.Int64, tokens.Ids.device)));
        Tensor mask = HiddenKeys(tokens.Mask, x.dtype);
        for (int i = 0; i < _layers.Count; i++)
        {
            x = _layers[i].forward(x, mask);
            taps?.Record(TapOf(i + 1), x);
        }

        return x;
    }

    /// <summary>Draws the first weights as the published library does: matrices and tables N(0, 0.02²), biases 0, scales 1.</summary>
    public void Initialize(Generator generator)
    {
        const double Deviation = 0.02;
        using IDisposable off = no_grad();
        foreach ((_, Parameter parameter, nn.Module owner) in this.OwnedParameters())
        {
            ParameterRole role = ParameterRoles.Of(parameter, owner);
            if (role == ParameterRole.Weight) parameter.normal_(0, Deviation, generator);
            else if (role == ParameterRole.Bias) parameter.fill_(0);
        }
    }

    private static string TapOf(int layer) => $"layer{layer}.res";

    // Added to the products of all queries with a key: 0 where the key is a token, so low that its weight is 0 where it is padding.
    private static Tensor HiddenKeys(Tensor mask, ScalarType type)
    {
        Tensor hidden = mask.logical_not(), added = zeros(mask.shape, type, mask.device);
        added.masked_fill_(hidden, double.NegativeInfinity);
        return added.reshape(mask.size(0), 1, 1, mask.size(1));
    }
}
