using System.Text.Json;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;

namespace Sharpless.Contrastive;

/// <summary>A published BERT as it is downloaded: a folder with <c>config.json</c>, <c>model.safetensors</c> and <c>vocab.txt</c>.</summary>
public static class BertFolder
{
    private const string Weights = "model.safetensors", Pickle = "pytorch_model.bin", TokenizerConfiguration = "tokenizer_config.json", LowerCases = "do_lower_case";

    // What belongs to the model around the encoder, and a table of the numbers 0, 1, 2, ... that early files hold.
    private static readonly string[] PassedOver = ["cls.", "pooler.", "embeddings.position_ids"];

    /// <summary>Reads the encoder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The network, with the weights of the file.</returns>
    /// <exception cref="UsageException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or the weights are those of another form.</exception>
    public static BertEncoder LoadEncoder(string folder)
    {
        using var scope = TensorScope.Begin();
        string configuration = Find(folder, "config.json"), weights = Find(folder, Weights);
        BertEncoder encoder;
        using (TensorScope.Outside()) encoder = new BertEncoder(BertForm.Load(configuration));
        using ArrayFile file = ArrayFile.Open(weights);
        Dictionary<string, Tensor> values = [];
        foreach (StoredArray array in file)
        {
            string name = NameInEncoder(array.Name);
            if (PassedOver.Any(part => name.StartsWith(part, StringComparison.Ordinal))) continue;
            if (!values.TryAdd(name, array.ToTensor())) throw new InvalidDataException($"\"{weights}\" holds '{name}' twice, with and without the prefix 'bert.'.");
        }

        try
        {
            ModuleState.Load(encoder, values);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"\"{weights}\": {error.Message}", error);
        }

        return encoder;
    }

    /// <summary>Reads the tokenizer: cased, unless <c>tokenizer_config.json</c> says otherwise (<c>do_lower_case</c>).</summary>
    /// <param name="folder">The folder.</param>
    /// <inheritdoc cref="LoadEncoder"/>
    public static WordPiece LoadTokenizer(string folder) => new(LoadVocabulary(folder), LowersCase(folder));

    internal static Vocabulary LoadVocabulary(string folder) => Vocabulary.Load(Find(folder, "vocab.txt"));

    // Published files exist with and without the prefix, and with the names of the original's normalization.
    private static string NameInEncoder(string name)
    {
        const string Prefix = "bert.";
        if (name.StartsWith(Prefix, StringComparison.Ordinal)) name = name[Prefix.Length..];
        return name.Replace("LayerNorm.gamma", "LayerNorm.weight", StringComparison.Ordinal).Replace("LayerNorm.beta", "LayerNorm.bias", StringComparison.Ordinal);
    }

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
