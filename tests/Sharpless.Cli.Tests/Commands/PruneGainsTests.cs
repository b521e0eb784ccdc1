using System.Text.Json;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Commands;

/// <summary><c>sharpless prune</c>: packed files, what a pruning buys, statistics measured anew.</summary>
public sealed class PruneGainsTests(TinyRun run) : IClassFixture<TinyRun>, IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_packed_file_holds_what_the_plain_one_and_its_mask_hold_and_takes_less()
    {
        string plain = run.NewPath("plain.safetensors"), packed = run.NewPath("packed.safetensors"), back = run.NewPath("back.safetensors");
        JsonElement document = Done("prune", run.Folder, "--amount", "0.9", "--out", plain, "--pack", packed, "--json");
        Assert.Equal(packed, document.GetProperty("packed").GetString());
        AssertSame(WeightFile.Load(plain), WeightFile.Load(packed));
        Assert.True(new FileInfo(packed).Length < new FileInfo(plain).Length / 4);
        Assert.False(File.Exists(MaskFile.PathFor(packed)));

        // The way back keeps the mask, and so does pruning on.
        document = Done("prune", packed, "--amount", "0", "--out", back, "--json");
        Assert.Equal(File.ReadAllBytes(plain), File.ReadAllBytes(back));
        AssertSame(WeightFile.Load(plain), WeightFile.Load(back));
        Assert.Equal(0.9, document.GetProperty("sparsity").GetDouble(), 0.01);
        Assert.Equal(0.95, Done("prune", packed, "--amount", "0.95", "--pack", run.NewPath("more.safetensors"), "--json").GetProperty("sparsity").GetDouble(), 0.01);
    }

    [Fact]
    public void Training_goes_on_from_a_packed_file_with_its_mask()
    {
        string packed = run.NewPath("packed.safetensors"), tuned = run.NewPath("tuned");
        Done("prune", run.Folder, "--amount", "0.9", "--pack", packed, "--json");
        using (var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(run.Folder, "config.json"))))
        {
            string data = config.RootElement.GetProperty("options").GetProperty("dataset").GetString()!;
            Done("train", "--dataset", data, "--model", "classifier", "--model-width", "16", "--epochs", "1", "--batch-size", "16", "--init", packed, "--out", tuned, "--json");
        }

        StoredWeights before = WeightFile.Load(packed), after = WeightFile.Load(Path.Combine(tuned, "weights.safetensors"));
        Assert.Equal(before.Live.Keys.Order(), after.Live.Keys.Order());
        foreach ((string name, Tensor live) in before.Live)
        {
            Assert.Equal(live.ToArray<bool>(), after.Live[name].ToArray<bool>());
            Assert.All(after.Tensors[name].ToArray<float>().Zip(live.ToArray<bool>()), item => Assert.True(item.Second || item.First == 0));
            Assert.NotEqual(before.Tensors[name].ToArray<float>(), after.Tensors[name].ToArray<float>());
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void The_measured_gains_name_bytes_multiply_adds_and_times_of_each_network(bool shrinks)
    {
        string output = run.NewPath("out.safetensors"), packed = run.NewPath("packed.safetensors");
        string[] how = shrinks ? ["--scope", "channel", "--shrink"] : ["--pack", packed];
        JsonElement cost = Done(["prune", run.Folder, "--out", output, "--measure", "--passes", "5", "--batch-size", "8", "--json", .. how]).GetProperty("cost");
        JsonElement dense = cost.GetProperty("dense"), pruned = cost.GetProperty("pruned");
        Assert.Equal("[1,8,8]", string.Concat(cost.GetProperty("image").ToString().Where(letter => !char.IsWhiteSpace(letter))));
        // conv1 1 -> 16 and conv2 16 -> 32 with 4x4 kernels on 4x4 and 2x2 positions, and the head on 2x2x32.
        long conv1 = 16 * 16 * 16, conv2 = 4 * 32 * 16 * 16, linear = 128 * 3;
        Assert.Equal(conv1 + conv2 + linear, Number(dense, "multiply_adds"));
        Assert.Equal(conv1 + conv2 + linear, Number(dense, "live_multiply_adds"));
        Assert.Equal(new FileInfo(Path.Combine(run.Folder, "weights.safetensors")).Length, Number(dense, "bytes"));
        Assert.Equal(Number(dense, "multiply_adds"), Number(pruned, "multiply_adds"));
        string findings = cost.GetProperty("findings").ToString();
        Assert.Contains("pruned: its zeros bring no speed", findings, StringComparison.Ordinal);
        foreach (JsonElement network in shrinks ? [dense, pruned, cost.GetProperty("shrunk")] : new[] { dense, pruned })
        {
            JsonElement time = network.GetProperty("seconds_per_batch");
            Assert.Equal(5, time.GetProperty("passes").GetInt32());
            Assert.InRange(time.GetProperty("median").GetDouble(), time.GetProperty("lower_quartile").GetDouble(), time.GetProperty("upper_quartile").GetDouble());
        }

        if (shrinks)
        {
            // Half of the channels are zeros, but what reads them is not; taken out, they take their share of the next layer along.
            Assert.Equal((conv1 / 2) + (conv2 / 2) + linear, Number(pruned, "live_multiply_adds"));
            Assert.Equal((conv1 / 2) + (conv2 / 4) + (linear / 2), Number(cost.GetProperty("shrunk"), "multiply_adds"));
            Assert.Equal(new FileInfo(output).Length, Number(cost.GetProperty("shrunk"), "bytes"));
            Assert.Contains("shrunk: ", findings, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal((conv1 + conv2 + linear) / 2, Number(pruned, "live_multiply_adds"));
            Assert.Equal((new FileInfo(output).Length, new FileInfo(packed).Length), (Number(pruned, "bytes"), Number(pruned, "packed_bytes")));
            Assert.InRange(Number(pruned, "gzip_bytes"), 1, Number(pruned, "bytes"));
        }

        static long Number(JsonElement network, string name) => network.GetProperty(name).GetInt64();
    }

    [Fact]
    public void The_table_says_what_the_document_says()
    {
        (int code, string output, string errors) = TinyRun.Invoke("prune", run.Folder, "--pack", run.NewPath("p.safetensors"), "--measure", "--passes", "2");
        Assert.True(code == 0, errors);
        Assert.Contains("37,248", output, StringComparison.Ordinal);
        Assert.Contains("bring no speed", output, StringComparison.Ordinal);
        Assert.Contains("ms for 64 images", output, StringComparison.Ordinal);   // where no --batch-size is given
        Assert.Contains("images 1x8x8", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_file_is_measured_as_the_network_that_it_is_said_to_be()
    {
        string[] command = ["prune", Path.Combine(run.Folder, "weights.safetensors"), "--pack", run.NewPath("p.safetensors"), "--measure", "--passes", "1", "--json"];
        AssertRefused("of width 64 on images of 1x28x28", command);
        Assert.Equal(37_248, Done([.. command, "--image", "1x8x8", "--model-width", "16"]).GetProperty("cost").GetProperty("dense").GetProperty("multiply_adds").GetInt64());
        AssertRefused("expected CxHxW", [.. command, "--image", "8x8"]);
    }

    [Fact]
    public void Statistics_measured_anew_are_those_of_the_pruned_network_and_nothing_else_moves()
    {
        string plain = run.NewPath("plain.safetensors"), again = run.NewPath("again.safetensors");
        Done("prune", run.Folder, "--amount", "0.8", "--out", plain, "--json");
        Assert.True(Done("prune", run.Folder, "--amount", "0.8", "--out", again, "--reestimate-bn", "--json").GetProperty("bn_reestimated").GetBoolean());
        StoredWeights before = WeightFile.Load(plain), after = WeightFile.Load(again);
        Assert.Equal(before.Tensors.Keys, after.Tensors.Keys);
        foreach (string name in before.Tensors.Keys)
        {
            Assert.Equal((name, name.Contains("running", StringComparison.Ordinal)), (name, !before.Tensors[name].ToArray<float>().AsSpan().SequenceEqual(after.Tensors[name].ToArray<float>())));
        }

        // Channels that are gone have no statistics to measure.
        string shrunk = run.NewPath("shrunk.safetensors");
        Done("prune", run.Folder, "--scope", "channel", "--shrink", "--out", shrunk, "--reestimate-bn", "--json");
        Assert.Equal([16], WeightFile.Load(shrunk).Tensors["bn2.running_mean"].shape);
    }

    [Fact]
    public void What_cannot_work_is_refused_before_anything_is_written()
    {
        string weights = Path.Combine(run.Folder, "weights.safetensors"), output = run.NewPath("out.safetensors"), other = run.NewPath("other.safetensors");
        AssertRefused("Neither --out nor --pack", "prune", run.Folder);
        AssertRefused("is the network that is to be pruned", "prune", weights, "--pack", weights);
        AssertRefused("lies in the folder of a run", "prune", run.Folder, "--pack", Path.Combine(run.Folder, "p.safetensors"));
        AssertRefused("is what --out writes too", "prune", run.Folder, "--out", output, "--pack", output);
        TensorFiles.WriteSafetensors(other, [("a", zeros([1]))]);
        AssertRefused("and no packed network", "prune", run.Folder, "--pack", other);
        AssertRefused("does not say what it was trained on", "prune", weights, "--out", output, "--reestimate-bn");
        TensorFiles.WriteSafetensors(other, [("a.weight", zeros([4, 4]))]);
        AssertRefused("cannot be run to be measured", "prune", other, "--out", output, "--measure");
        Assert.False(File.Exists(output));

        // A packed file that is cut off is one line, not a trace.
        string packed = run.NewPath("packed.safetensors");
        Done("prune", run.Folder, "--pack", packed, "--json");
        File.WriteAllBytes(packed, File.ReadAllBytes(packed)[..^5]);
        AssertRefused("packed.safetensors", "prune", packed, "--out", output);
    }

    private static JsonElement Done(params string[] arguments)
    {
        (int code, string output, string errors) = TinyRun.Invoke(arguments);
        Assert.True(code == 0, errors + output);
        return JsonDocument.Parse(output).RootElement;
    }

    private static void AssertRefused(string error, params string[] arguments)
    {
        (int code, string output, string errors) = TinyRun.Invoke(arguments);
        Assert.True(code == 2, $"exit code {code}: {errors}{output}");
        Assert.Contains(error, output + errors, StringComparison.Ordinal);
    }

    private static void AssertSame(StoredWeights expected, StoredWeights actual)
    {
        Assert.Equal(expected.Tensors.Keys, actual.Tensors.Keys);
        Assert.Equal(expected.Live.Keys.Order(), actual.Live.Keys.Order());
        Assert.Equal(expected.Metadata, actual.Metadata);
        foreach (string name in expected.Tensors.Keys) Assert.Equal(expected.Tensors[name].ToArray<uint>(), actual.Tensors[name].ToArray<uint>());
        foreach (string name in expected.Live.Keys) Assert.Equal(expected.Live[name].ToArray<bool>(), actual.Live[name].ToArray<bool>());
    }
}
