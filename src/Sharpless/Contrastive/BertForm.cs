using System.Text.Json.Serialization;
using Sharpless.Torch.Files;

namespace Sharpless.Contrastive;

/// <summary>What a BERT is made of: the members of a published <c>config.json</c> that decide its form. The defaults are those of BERT-base-cased.</summary>
public sealed record BertForm
{
    /// <summary>The activation that the published models have: GELU, exact.</summary>
    public const string Gelu = "gelu";

    /// <summary>Number of tokens in the vocabulary.</summary>
    [JsonPropertyName("vocab_size")]
    public int VocabularySize { get; init; } = 28996;

    /// <summary>D, the width of the tokens.</summary>
    [JsonPropertyName("hidden_size")]
    public int Width { get; init; } = 768;

    /// <summary>Number of layers.</summary>
    [JsonPropertyName("num_hidden_layers")]
    public int Layers { get; init; } = 12;

    /// <summary>Attention heads, which share D evenly.</summary>
    [JsonPropertyName("num_attention_heads")]
    public int Heads { get; init; } = 12;

    /// <summary>Units of the hidden layer of each layer.</summary>
    [JsonPropertyName("intermediate_size")]
    public int Hidden { get; init; } = 3072;

    /// <summary>Longest sequence.</summary>
    [JsonPropertyName("max_position_embeddings")]
    public int Positions { get; init; } = 512;

    /// <summary>Kinds of tokens; a single text has kind 0 throughout.</summary>
    [JsonPropertyName("type_vocab_size")]
    public int TokenTypes { get; init; } = 2;

    /// <summary>Added to the variance by the layer norms.</summary>
    [JsonPropertyName("layer_norm_eps")]
    public double Epsilon { get; init; } = 1e-12;

    /// <summary>Activation of the hidden layers; none is known but <see cref="Gelu"/>.</summary>
    [JsonPropertyName("hidden_act")]
    public string Activation { get; init; } = Gelu;

    /// <summary>Reads the <c>config.json</c> of a published model; members that do not decide the form are passed over.</summary>
    /// <exception cref="InvalidDataException">No such file, or a form that cannot be; the message names the file.</exception>
    public static BertForm Load(string path)
    {
        BertForm form;
        try
        {
            form = JsonFile.Read<BertForm>(path);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{error.Message} So it is no configuration of a BERT.", error);
        }

        if (form.Problems().ToList() is { Count: > 0 } problems) throw new InvalidDataException($"\"{path}\" is no configuration of a BERT: {string.Join(" ", problems)}");
        return form;
    }

    /// <summary>Every problem with these numbers; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        (string, int)[] sizes =
        [
            ("vocab_size", VocabularySize), ("hidden_size", Width), ("num_hidden_layers", Layers), ("num_attention_heads", Heads), ("intermediate_size", Hidden),
            ("max_position_embeddings", Positions), ("type_vocab_size", TokenTypes),
        ];
        foreach ((string name, int size) in sizes)
        {
            if (size is < 1 or > 1 << 24) yield return $"{name} is {size}; expected 1 to {1 << 24}.";
        }

        if (Heads > 0 && Width % Heads != 0) yield return $"hidden_size {Width} cannot be shared out evenly among {Heads} heads.";
        if (!(Epsilon > 0 && Epsilon < 1)) yield return $"layer_norm_eps is {Epsilon}; expected a number above 0 and below 1.";
        if (Activation != Gelu) yield return $"hidden_act is '{Activation}'; expected '{Gelu}'.";
    }
}
