using System.Text.Json;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Commands;

/// <summary><c>sharpless prune</c>: what it writes, what it prints, and what it refuses before anything is written.</summary>
public sealed class PruneCommandTests(TinyRun run) : IClassFixture<TinyRun>, IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_output_keeps_names_order_types_buffers_and_metadata_and_lacks_exactly_the_pruned_weights()
    {
        (string Name, Tensor Tensor)[] tensors =
        [
            ("z.weight", Draw(1, 6, 10)), ("z.bias", Draw(2, 6)), ("bn.weight", Draw(3, 6)), ("bn.running_mean", Draw(4, 6).To(ScalarType.Float64)), ("bn.num_batches_tracked", Tensor.From((long[])[7]).reshape()),
            ("a.weight", Draw(5, 3, 2, 5, 1).To(ScalarType.BFloat16)), ("steps.weight", Tensor.From((long[])[1, 2, 3, 4], 2, 2)),
        ];
        string input = run.NewPath("in.safetensors"), output = run.NewPath("out.safetensors");
        TensorFiles.WriteSafetensors(input, tensors, new Dictionary<string, string> { ["format"] = "pt", ["author"] = "Ä" });
        JsonElement document = Done("prune", input, "--amount", "0.29", "--out", output, "--json");

        using ArrayFile before = ArrayFile.Open(input), after = ArrayFile.Open(output);
        Assert.Equal(before.Metadata, after.Metadata);
        Assert.Equal(before.Select(array => (array.Name, array.Type, string.Join(' ', array.Shape))), after.Select(array => (array.Name, array.Type, string.Join(' ', array.Shape))));
        IReadOnlyDictionary<string, Tensor> mask = MaskFile.Read(MaskFile.PathFor(output));
        Assert.Equal(["a.weight", "z.weight"], mask.Keys.Order(StringComparer.Ordinal));
        foreach (StoredArray array in before)
        {
            byte[] there = array.ToArray(), here = after[array.Name].ToArray();
            bool[] live = mask.TryGetValue(array.Name, out Tensor? tensor) ? tensor.ToArray<bool>() : [.. Enumerable.Repeat(true, (int)array.Count)];
            int size = there.Length / live.Length;
            Assert.Equal(there.Select((value, i) => live[i / size] ? value : (byte)0), here);
        }

        // floor(0.29 * 60) and floor(0.29 * 30); the other tensors are not prunable.
        Assert.Equal((17 + 8, 90), (document.GetProperty("zeros").GetInt32(), document.GetProperty("parameters").GetInt32()));
        Assert.Equal(25.0 / 90, document.GetProperty("sparsity").GetDouble());
        Assert.Equal(["z.weight 17 60", "a.weight 8 30"], document.GetProperty("tensors").EnumerateArray().Select(item => $"{item.GetProperty("name")} {item.GetProperty("zeros")} {item.GetProperty("numel")}"));
        Assert.Equal((output, MaskFile.PathFor(output)), (document.GetProperty("out").GetString(), document.GetProperty("mask").GetString()));
    }

    [Theory]
    [InlineData("layer", "0", 0)]
    [InlineData("layer", "1", 1)]
    [InlineData("global", "0.5", 0.5)]
    [InlineData("2:4", "", 0.5)]
    [InlineData("1:4", "", 0.75)]
    public void A_run_is_pruned_by_its_weights(string scope, string amount, double sparsity)
    {
        string output = run.NewPath("out.safetensors");
        JsonElement document = Done([.. (string[])["prune", run.Folder, "--scope", scope, "--out", output, "--json"], .. amount.Length > 0 ? (string[])["--amount", amount] : []]);
        Assert.Equal("classifier", document.GetProperty("model").GetString());
        Assert.Equal(sparsity, document.GetProperty("sparsity").GetDouble(), 1e-3);
        using ArrayFile file = ArrayFile.Open(output);
        long zeros = file.Where(array => Prunable.Is(array.Name, array.Shape.Count)).Sum(array => array.ToTensor().eq(full([], 0, ScalarType.Float32)).ToArray<bool>().LongCount(zero => zero));
        Assert.Equal(zeros, document.GetProperty("zeros").GetInt64());
    }

    [Fact]
    public void Channels_go_with_their_bias_and_batch_norm_and_the_classes_stay()
    {
        string output = run.NewPath("out.safetensors");
        JsonElement document = Done("prune", run.Folder, "--scope=channel", "--out", output, "--json");
        Assert.Equal("linear.weight", Assert.Single(document.GetProperty("exempt").EnumerateArray()).GetString());
        Assert.Equal(
            ["bn2.bias 16 of 32", "bn2.weight 16 of 32", "conv1.bias 8 of 16", "conv1.weight 128 of 256", "conv2.bias 16 of 32", "conv2.weight 4096 of 8192"],
            MaskFile.Read(MaskFile.PathFor(output)).OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => $"{item.Key} {item.Value.sum().Item()} of {item.Value.NumberOfElements}"));
        Assert.Equal(0, document.GetProperty("norms_unknown").GetArrayLength());
    }

    [Fact]
    public void A_network_that_really_shrank_is_smaller_and_is_trained_and_looked_at_like_any_other()
    {
        string zeroed = run.NewPath("zeroed.safetensors"), output = run.NewPath("shrunk.safetensors"), trained = run.NewPath("trained");
        Done("prune", run.Folder, "--scope", "channel", "--out", zeroed, "--json");
        JsonElement document = Done("prune", run.Folder, "--scope", "channel", "--shrink", "--out", output, "--json");
        Assert.Equal("""{"conv1":8,"conv2":16}""", string.Concat(document.GetProperty("removed_channels").ToString().Where(c => !char.IsWhiteSpace(c))));
        Assert.Equal((0, (8 * 16) + (16 * 8 * 16) + (3 * 16 * 4)), (document.GetProperty("zeros").GetInt32(), document.GetProperty("parameters").GetInt32()));
        Assert.True(new FileInfo(output).Length < 0.5 * new FileInfo(zeroed).Length);

        // Pruned channels that are zeros already can go later.
        string later = run.NewPath("later.safetensors");
        Done("prune", zeroed, "--scope", "channel", "--amount", "0", "--shrink", "--out", later, "--json");
        Assert.Equal(File.ReadAllBytes(output), File.ReadAllBytes(later));

        string data = Path.Combine(Path.GetDirectoryName(run.Folder)!, "data.npz");
        string[] train = ["train", "--dataset", $"npz:{data}", "--model", "classifier", "--model-width", "16", "--epochs", "1", "--batch-size", "16", "--lr-max", "0.01", "--compute-feature-rank", "--json"];
        Done([.. train, "--init", output, "--out", trained]);
        Assert.Equal([16, 8, 4, 4], ArrayFile.Open(Path.Combine(trained, "weights.safetensors"))["conv2.weight"].Shape);
        JsonElement rank = Done("rank", "--run", trained, "--taps", "block1", "--json");
        Assert.Equal(8 * 4 * 4, rank.GetProperty("taps")[0].GetProperty("dimensions").GetInt32());
        Assert.Equal("classifier", Done("prune", trained, "--out", run.NewPath("again.safetensors"), "--json").GetProperty("model").GetString());
    }

    [Fact]
    public void What_was_pruned_stays_pruned_and_an_earlier_output_is_replaced()
    {
        string first = run.NewPath("first.safetensors"), second = run.NewPath("second.safetensors");
        Done("prune", run.Folder, "--amount", "0.6", "--out", first, "--json");
        JsonElement more = Done("prune", first, "--amount", "0.7", "--out", second, "--json");
        Assert.Equal(0.7, more.GetProperty("sparsity").GetDouble(), 1e-2);
        JsonElement same = Done("prune", first, "--amount", "0", "--out", second, "--json");
        Assert.Equal(0.6, same.GetProperty("sparsity").GetDouble(), 1e-2);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
        Assert.Equal(File.ReadAllBytes(MaskFile.PathFor(first)), File.ReadAllBytes(MaskFile.PathFor(second)));
    }

    [Fact]
    public void People_see_what_was_exempt_and_what_stayed_whole()
    {
        string input = Weights(("a.weight", [4, 3, 3, 3]), ("b.weight", [4, 6]), ("c.weight", [2, 4])), output = run.NewPath("out.safetensors");
        (int code, string text, string errors) = TinyRun.Invoke("prune", input, "--scope", "2:4", "--exempt", "c", "--out", output);
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("exempt: c.weight", text, StringComparison.Ordinal);
        Assert.Contains("left whole, inputs not divisible by 4: a.weight, b.weight", text, StringComparison.Ordinal);
        Assert.Contains($"mask: {MaskFile.PathFor(output)}", text, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(input), File.ReadAllBytes(output));
        Assert.Empty(MaskFile.Read(MaskFile.PathFor(output)));
        JsonElement document = Done("prune", input, "--scope", "2:4", "--exempt", "c", "--out", output, "--json");
        Assert.Equal("""["a.weight","b.weight"]""", string.Concat(document.GetProperty("left_whole").ToString().Where(c => !char.IsWhiteSpace(c))));
        Assert.Equal(0, document.GetProperty("zeros").GetInt32());
    }

    [Fact]
    public void Channels_of_a_network_that_is_not_known_are_zeros_and_the_norms_are_named()
    {
        string input = Weights(("f.weight", [4, 3, 3, 3]), ("f.bias", [4]), ("n.weight", [4]), ("n.running_mean", [4]), ("out.weight", [2, 4])), output = run.NewPath("out.safetensors");
        (int code, string text, _) = TinyRun.Invoke("prune", input, "--scope", "channel", "--out", output);
        Assert.Equal(0, code);
        Assert.Contains("f.weight", text.Split('\n').Single(line => line.Contains("no known model", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(["f.bias", "f.weight"], MaskFile.Read(MaskFile.PathFor(output)).Keys.Order(StringComparer.Ordinal));
        Refused("no model that Sharpless knows", "prune", input, "--scope", "channel", "--shrink", "--out", run.NewPath("shrunk.safetensors"));
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        string output = run.NewPath("out.safetensors");
        Refused("--amount is '1.5'; expected a number, from 0 to 1", "prune", run.Folder, "--amount", "1.5", "--out", output);
        Refused("--amount is 'nan'", "prune", run.Folder, "--amount", "nan", "--out", output);
        Refused("--amount has no effect with --scope 2:4", "prune", run.Folder, "--amount", "0.5", "--scope", "2:4", "--out", output);
        Refused("There is no scope 'layers'; expected layer, global, channel or N:M", "prune", run.Folder, "--scope", "layers", "--out", output);
        Refused("1 <= N < M", "prune", run.Folder, "--scope", "4:4", "--out", output);
        Refused("--shrink needs whole channels; the scope is layer", "prune", run.Folder, "--shrink", "--out", output);
        Refused("No channel of 'conv1' would be left of 16", "prune", run.Folder, "--scope", "channel", "--amount", "1", "--shrink", "--out", output);
        Refused("'conv3', which no prunable tensor is called", "prune", run.Folder, "--exempt", "conv3", "--out", output);
        Refused("--out", "prune", run.Folder);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(output)!));
    }

    [Fact]
    public void Inputs_that_are_no_weights_are_refused()
    {
        string output = run.NewPath("out.safetensors"), pickle = run.NewPath("model.pt"), cut = run.NewPath("cut.safetensors"), empty = Path.GetDirectoryName(run.NewPath("x"))!;
        File.WriteAllBytes(pickle, [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]);
        File.WriteAllBytes(cut, File.ReadAllBytes(Path.Combine(run.Folder, "weights.safetensors"))[..^5]);
        Refused("absent.safetensors", "prune", "absent.safetensors", "--out", output);
        Refused("pickle", "prune", pickle, "--out", output);
        Refused("cut.safetensors", "prune", cut, "--out", output);
        Refused("holds no run", "prune", empty, "--out", output);
        Refused("nothing to prune", "prune", Weights(("a.bias", [3, 3]), ("n.weight", [3])), "--out", output);
        string nan = run.NewPath("nan.safetensors");
        TensorFiles.WriteSafetensors(nan, [("a.weight", full([2, 2], double.NaN, ScalarType.Float32))]);
        Refused("'a.weight' has values that are not finite", "prune", nan, "--out", output);
        string other = Weights(("a.weight", [2, 2]));
        MaskFile.Write(MaskFile.PathFor(other), new Dictionary<string, Tensor> { ["a.weight"] = zeros([3, 2], ScalarType.Bool) });
        Refused("does not fit the model: 'a.weight' is [3, 2]", "prune", other, "--out", output);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(output)!));
    }

    [Fact]
    public void Nothing_is_lost_to_the_output()
    {
        string input = Weights(("a.weight", [2, 2])), folder = Path.GetDirectoryName(input)!;
        byte[] bytes = File.ReadAllBytes(input);
        Directory.CreateSymbolicLink($"{folder}.link", folder);
        File.CreateSymbolicLink(Path.Combine(folder, "link.safetensors"), input);
        File.WriteAllText(Path.Combine(folder, "thesis.safetensors"), "text");
        Refused("is the network that is to be pruned", "prune", input, "--out", input);
        Refused("is the network that is to be pruned", "prune", input, "--out", Path.Combine($"{folder}.link", Path.GetFileName(input)));
        Refused("is there already", "prune", input, "--out", Path.Combine(folder, "link.safetensors"));
        Refused("is there already", "prune", input, "--out", Path.Combine(folder, "thesis.safetensors"));
        Refused("is a folder", "prune", input, "--out", folder);
        Refused("lies in the folder of a run", "prune", input, "--out", Path.Combine(run.Folder, "sparse.safetensors"));
        Assert.Equal(bytes, File.ReadAllBytes(input));
        Assert.Equal(3, Directory.GetFiles(folder).Length);
        Directory.Delete($"{folder}.link");
    }

    private static JsonElement Done(params string[] arguments)
    {
        (int code, string output, string errors) = TinyRun.Invoke(arguments);
        Assert.True(code == 0, errors + output);
        return JsonDocument.Parse(output).RootElement;
    }

    private static void Refused(string error, params string[] arguments)
    {
        (int code, string output, string errors) = TinyRun.Invoke(arguments);
        Assert.Equal((2, ""), (code, output));
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("error: ", lines[0], StringComparison.Ordinal);
        Assert.Contains(error, lines[0], StringComparison.Ordinal);
        Assert.StartsWith("hint: ", lines[1], StringComparison.Ordinal);
    }

    private string Weights(params (string Name, long[] Shape)[] tensors)
    {
        string path = run.NewPath("weights.safetensors");
        TensorFiles.WriteSafetensors(path, [.. tensors.Select((tensor, i) => (tensor.Name, Draw(i, tensor.Shape)))]);
        return path;
    }

    private static Tensor Draw(long seed, params long[] shape)
    {
        using var generator = Generator.Seeded(seed);
        Tensor tensor = Tensor.Empty(shape);
        tensor.normal_(0, 1, generator);
        return tensor;
    }
}
