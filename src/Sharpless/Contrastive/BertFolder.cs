using System.Text.Json;
using Sharpless.Pretrained;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Contrastive;

/// <summary>A published BERT as it is downloaded: a folder with <c>config.json</c>, <c>model.safetensors</c> and <c>vocab.txt</c>.</summary>
public static class BertFolder
{
    private const string Weights = "model.safetensors", Pickle = "pytorch_model.bin", TokenizerConfiguration = "tokenizer_config.json", LowerCases = "do_lower_case";

    private const string OwnPrefix = "bert.";

    // The head that looks at the first token, those of the usual tasks, and tables of the numbers 0, 1, 2, ... and of zeros that some files hold.
    private static readonly string[] Around = ["pooler.", "cls.", "classifier.", "qa_outputs."];
    private static readonly string[] Tables = ["embeddings.position_ids", "embeddings.token_type_ids"];
    private static readonly HashSet<string> Anchor = ["embeddings.word_embeddings.weight"];

    /// <summary>Reads the encoder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The network, with the weights of the file.</returns>
    /// <exception cref="UsageException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, the weights are those of another form, or parts of the network are not known.</exception>
    public static BertEncoder LoadEncoder(string folder) => ReadEncoder(folder).Encoder;

    /// <summary>Reads the encoder, and says which tensors of the file are no part of it.</summary>
    /// <inheritdoc cref="LoadEncoder"/>
    internal static (BertEncoder Encoder, IReadOnlyList<string> PassedOver) ReadEncoder(string folder)
    {
        using var scope = NewDisposeScope();
        string configuration = Find(folder, "config.json"), weights = Find(folder, Weights);
        BertEncoder encoder;
        using (new Outside()) encoder = new BertEncoder(BertForm.Load(configuration));
        using ArrayFile file = ArrayFile.Open(weights);
        // Published files exist with and without it, and with what wraps it.
        string prefix = WrapperPrefix.Find(file.Select(array => array.Name), Anchor, $"\"{weights}\"", OwnPrefix);
        Dictionary<string, Tensor> values = [];
        Dictionary<string, string> inFile = [];
        List<string> passedOver = [];
        foreach (StoredArray array in file)
        {
            string name = NameInEncoder(array.Name.StartsWith(prefix, StringComparison.Ordinal) ? array.Name[prefix.Length..] : array.Name);
            if (IsAround(name))
            {
                passedOver.Add(array.Name);
                continue;
            }

            if (!values.TryAdd(name, array.ToTensor())) throw new InvalidDataException($"\"{weights}\": '{array.Name}' and '{inFile[name]}' are both the tensor '{name}'. Keep one of them.");
            inFile[name] = array.Name;
        }

        try
        {
            ModuleState.Load(encoder, values, name => inFile.GetValueOrDefault(name, prefix + name));
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"\"{weights}\": {error.Message}", error);
        }

        return (encoder, passedOver);
    }

    // A head stands beside the encoder, with or without what wraps both.
    private static bool IsAround(string name)
    {
        string inner = WrapperPrefix.Without(name);
        if (inner.StartsWith(OwnPrefix, StringComparison.Ordinal)) inner = inner[OwnPrefix.Length..];
        return Tables.Contains(inner) || Array.Exists(Around, part => inner.StartsWith(part, StringComparison.Ordinal)) || OutsideEncoder.IsTraining(inner);
    }

    /// <summary>Reads the tokenizer: cased, unless <c>tokenizer_config.json</c> says otherwise (<c>do_lower_case</c>).</summary>
    /// <param name="folder">The folder.</param>
    /// <inheritdoc cref="LoadEncoder"/>
    public static WordPiece LoadTokenizer(string folder) => new(LoadVocabulary(folder), LowersCase(folder));

    internal static Vocabulary LoadVocabulary(string folder) => Vocabulary.Load(Find(folder, "vocab.txt"));

    // Early files have the original's names of the normalization.
    private static string NameInEncoder(string name) =>
        name.Replace("LayerNorm.gamma", "LayerNorm.weight", StringComparison.Ordinal).Replace("LayerNorm.beta", "LayerNorm.bias", StringComparison.Ordinal);

    internal static bool LowersCase(string folder)
    {
        string path = Path.Combine(folder, TokenizerConfiguration);
        if (!File.Exists(path)) return false;
        using JsonDocument document = JsonFile.Parse(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(LowerCases, out JsonElement value)) return false;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new InvalidDataException($"\"{path}\": \"{LowerCases}\" must be true or false, found a JSON {value.ValueKind}.");
    }

    private static string Find(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (File.Exists(path)) return path;
        const string Expected = "A text model is a folder with config.json, model.safetensors and vocab.txt, or `random`.";
        if (!Directory.Exists(folder)) throw new UsageException($"There is no folder '{folder}' for the text model.", Expected);
        throw new UsageException(
            $"The folder '{folder}' of the text model has no {name}.",
            name == Weights && File.Exists(Path.Combine(folder, Pickle)) ? $"{Pickle} is a pickle, which could run anything and is not read; convert it to {Weights}." : Expected);
    }
}
