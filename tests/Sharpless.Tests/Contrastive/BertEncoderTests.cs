using Sharpless.Contrastive;
using Sharpless.Models;
using Sharpless.Tests.Data;
using Sharpless.Text;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Contrastive;

/// <summary>The text encoder computes what PyTorch does (tests/golden/contrastive/bert.py), and is read from a folder as published ones lie there.</summary>
public class BertEncoderTests
{
    // Three layers of sums of up to forty terms in float32, whose rounding is 6e-8.
    private const double Tolerance = 1e-5;

    [Fact]
    public void Every_layer_is_that_of_pytorch()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("bert.npz");
        BertEncoder encoder = BertFolder.LoadEncoder(Golden.Bert);
        var taps = new TapRecorder(encoder.Taps);
        Tensor last = encoder.forward(Tokens(golden), taps);
        Assert.Equal(["layer1.res", "layer2.res", "layer3.res"], encoder.Taps);
        foreach (string tap in encoder.Taps) Golden.Close(golden[tap.Split('.')[0]], taps.Activations[tap], Tolerance, tap);
        Golden.Close(golden["layer3_float64"], last, Tolerance, "the last layer in float64");
    }

    [Fact]
    public void Gradients_are_those_of_pytorch()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("bert.npz");
        BertEncoder encoder = BertFolder.LoadEncoder(Golden.Bert);
        TokenBatch tokens = Tokens(golden);
        Tensor mean = TokenPooling.Masked.Apply(encoder.forward(tokens), tokens.Mask);
        Golden.Close(golden["mean"], mean, Tolerance, "the mean over tokens");
        (mean * golden["weight"]).sum().Backward();
        foreach ((string name, Parameter parameter) in encoder.Parameters().Where(item => golden.Names.Contains($"gradient/{item.Name}")))
        {
            // The gradient of a key's bias is 0 but for rounding: a softmax does not see what is added to all its inputs.
            if (name.EndsWith("self.key.bias", StringComparison.Ordinal)) continue;
            Golden.Close(golden[$"gradient/{name}"], parameter.grad!, 10 * Tolerance, name);
        }
    }

    [Fact]
    public void Pooling_over_all_positions_counts_padding()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("bert.npz");
        TokenBatch tokens = Tokens(golden);
        Golden.Close(golden["mean_all"], TokenPooling.All.Apply(BertFolder.LoadEncoder(Golden.Bert).forward(tokens), tokens.Mask), Tolerance, "the mean over all positions");
    }

    [Fact]
    public void Padding_changes_nothing()
    {
        using var scope = NewDisposeScope();
        BertEncoder encoder = BertFolder.LoadEncoder(Golden.Bert);
        WordPiece tokenizer = BertFolder.LoadTokenizer(Golden.Bert);
        Tensor Embed(int length)
        {
            TokenBatch tokens = tokenizer.Encode(["a dog runs", "grass"], length);
            return TokenPooling.Masked.Apply(encoder.forward(tokens), tokens.Mask);
        }

        Golden.Close(Embed(5), Embed(16), Tolerance, "with eleven more positions");
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_folder_with_early_names_is_read_too(bool hasPrefix)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "config.json", "vocab.txt" }) File.Copy(Path.Combine(Golden.Bert, name), folder.File(name));
        using (ArrayFile file = ArrayFile.Open(Path.Combine(Golden.Bert, "model.safetensors")))
        {
            TensorFiles.WriteSafetensors(folder.File("model.safetensors"),
            [
                .. file.Select(array => (Early(array.Name), array.ToTensor())),
                ("cls.predictions.bias", zeros([4])), ("bert.embeddings.position_ids", arange(0, 16).reshape(1, 16)),
            ]);
        }

        using var golden = new Golden("bert.npz");
        Golden.Close(golden["layer3"], BertFolder.LoadEncoder(folder.Path).forward(Tokens(golden)), Tolerance, "the last layer");

        string Early(string name)
        {
            name = name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal);
            return hasPrefix ? name : name["bert.".Length..];
        }
    }

    [Theory, InlineData("module."), InlineData("module.model."), InlineData("encoder.")]
    public void A_wrappers_prefix_changes_nothing_and_heads_are_passed_over_by_name(string prefix)
    {
        using var scope = NewDisposeScope();
        using TemporaryFolder folder = WithMore(prefix, "cls.predictions.bias", "classifier.weight", "qa_outputs.bias", "bert.embeddings.token_type_ids", "optimizer.state.0");
        (BertEncoder encoder, IReadOnlyList<string> passedOver) = BertFolder.ReadEncoder(folder.Path);
        using var golden = new Golden("bert.npz");
        Golden.Close(golden["layer3"], encoder.forward(Tokens(golden)), Tolerance, "the last layer");
        string[] expected = ["bert.embeddings.token_type_ids", "bert.pooler.dense.bias", "bert.pooler.dense.weight", "classifier.weight", "cls.predictions.bias", "optimizer.state.0", "qa_outputs.bias"];
        Assert.Equal(expected.Select(name => prefix + name), passedOver.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("bert.encoder.layer.1.attention.self.distance_embedding.weight")]
    [InlineData("bert.encoder.layer.0.crossattention.self.query.weight")]
    [InlineData("bert.embeddings.projection.weight")]
    [InlineData("adapter.weight")]
    public void A_part_of_the_encoder_that_is_not_known_is_refused_by_name(string unknown)
    {
        using TemporaryFolder folder = WithMore("", unknown);
        Assert.Contains($"'{unknown}' belongs to no layer of this model", Assert.Throws<InvalidDataException>(() => BertFolder.ReadEncoder(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static TemporaryFolder WithMore(string prefix, params string[] more)
    {
        using var scope = NewDisposeScope();
        var folder = new TemporaryFolder();
        foreach (string name in new[] { "config.json", "vocab.txt" }) File.Copy(Path.Combine(Golden.Bert, name), folder.File(name));
        using ArrayFile file = ArrayFile.Open(Path.Combine(Golden.Bert, "model.safetensors"));
        TensorFiles.WriteSafetensors(folder.File("model.safetensors"), [.. file.Select(array => (prefix + array.Name, array.ToTensor())), .. more.Select(name => (prefix + name, zeros([4])))]);
        return folder;
    }

    [Fact]
    public void The_tokenizer_lowers_case_as_the_folder_says()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Golden.Bert, "vocab.txt"), folder.File("vocab.txt"));
        IReadOnlyList<int> uncased = BertFolder.LoadTokenizer(Golden.Bert).Pieces("Dog"), cased = BertFolder.LoadTokenizer(folder.Path).Pieces("Dog");
        Vocabulary vocabulary = Vocabulary.Load(folder.File("vocab.txt"));
        Assert.Equal((vocabulary.IdOf("dog"), vocabulary.IdOf("Dog")), (Assert.Single(uncased), Assert.Single(cased)));
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"do_lower_case": "yes"}""");
        Assert.Contains("do_lower_case", Assert.Throws<InvalidDataException>(() => BertFolder.LoadTokenizer(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json", "{", "not valid|configuration")]
    [InlineData("config.json", """{"hidden_size": 25}""", "25")]
    [InlineData("config.json", """{"hidden_size": 48}""", "model.safetensors")]
    [InlineData("config.json", """{"hidden_act": "relu"}""", "relu")]
    [InlineData("config.json", """{"num_hidden_layers": -1}""", "num_hidden_layers")]
    [InlineData("model.safetensors", "no weights", "model.safetensors")]
    public void A_damaged_folder_is_refused_by_file(string file, string content, string expected)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        foreach (string path in Directory.EnumerateFiles(Golden.Bert)) File.Copy(path, folder.File(Path.GetFileName(path)));
        // The rest of the configuration stays, so that only what is wrong is wrong.
        string whole = File.ReadAllText(folder.File("config.json"));
        File.WriteAllText(folder.File(file), content.StartsWith("{\"", StringComparison.Ordinal) ? Merge(whole, content) : content);
        string message = Assert.Throws<InvalidDataException>(() => BertFolder.LoadEncoder(folder.Path)).Message;
        Assert.Contains(expected.Split('|'), part => message.Contains(part, StringComparison.Ordinal));

        static string Merge(string whole, string change)
        {
            var merged = System.Text.Json.Nodes.JsonNode.Parse(whole)!.AsObject();
            foreach ((string name, System.Text.Json.Nodes.JsonNode? value) in System.Text.Json.Nodes.JsonNode.Parse(change)!.AsObject()) merged[name] = value!.DeepClone();
            return merged.ToJsonString();
        }
    }

    [Fact]
    public void Missing_files_are_told_with_what_belongs_there()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("nowhere", Assert.Throws<UsageException>(() => BertFolder.LoadEncoder(folder.File("nowhere"))).Message, StringComparison.Ordinal);
        File.Copy(Path.Combine(Golden.Bert, "config.json"), folder.File("config.json"));
        File.WriteAllText(folder.File("pytorch_model.bin"), "");
        Assert.Contains("pickle", Assert.Throws<UsageException>(() => BertFolder.LoadEncoder(folder.Path)).Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Bert_base_has_the_published_number_of_parameters()
    {
        using var scope = NewDisposeScope();
        // 108,310,272 with the pooler of 768 * 768 + 768, which is not here.
        Assert.Equal(108_310_272 - 590_592, new BertEncoder(new BertForm()).Parameters().Sum(item => item.Parameter.NumberOfElements));
    }

    [Fact]
    public void First_weights_are_drawn_as_published()
    {
        using var scope = NewDisposeScope();
        var encoder = new BertEncoder(new BertForm { VocabularySize = 500, Width = 48, Heads = 4, Layers = 1, Hidden = 96, Positions = 20 });
        using var generator = Generator.Seeded(0);
        encoder.Initialize(generator);
        foreach ((string name, Parameter parameter, nn.Module owner) in encoder.OwnedParameters())
        {
            double[] values = parameter.To(ScalarType.Float64).ToArray<double>();
            double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => value * value));
            if (ParameterRoles.Of(parameter, owner) == ParameterRole.Weight && values.Length > 1000)
            {
                // n draws: the mean is within 5 * 0.02 / sqrt(n) of 0, the deviation within 5 / sqrt(2 n) of 0.02, in relation to it.
                Assert.InRange(mean, -0.1 / Math.Sqrt(values.Length), 0.1 / Math.Sqrt(values.Length));
                Assert.InRange(deviation, 0.02 * (1 - (5 / Math.Sqrt(2 * values.Length))), 0.02 * (1 + (5 / Math.Sqrt(2 * values.Length))));
            }
            else if (ParameterRoles.Of(parameter, owner) != ParameterRole.Weight)
            {
                Assert.All(values, value => Assert.Equal(name.EndsWith("LayerNorm.weight", StringComparison.Ordinal) ? 1 : 0, value));
            }
        }
    }

    private static TokenBatch Tokens(Golden golden) => new(golden["ids"], golden["mask"]);
}
