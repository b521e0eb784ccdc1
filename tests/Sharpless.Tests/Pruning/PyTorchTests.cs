using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Pruning;

/// <summary>The choice of torch.nn.utils.prune, and networks whose channels are zeros or gone; golden files by tests/golden/prune/make.py.</summary>
public class PyTorchTests
{
    private const double Amount = 0.4;

    public static TheoryData<string, string> Choices => new()
    {
        { "classifier", "layer" }, { "classifier", "global" }, { "classifier", "channel" }, { "resnet18", "layer" }, { "resnet18", "global" }, { "resnet18", "channel" },
    };

    [Theory, MemberData(nameof(Choices))]
    public void The_weights_that_go_are_those_of_pytorch(string model, string scopeName)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(model);
        PruneResult result = Pruner.Masks(golden.Weights, new PruneOptions { Scope = PruneScope.Parse(scopeName), Amount = Amount }, golden.Groups);
        int compared = 0;
        foreach (StoredArray array in golden.File.Where(array => array.Name.StartsWith($"{scopeName}/", StringComparison.Ordinal)))
        {
            Assert.Equal(array.ToArray(), result.Live[array.Name[(scopeName.Length + 1)..]].ToArray<byte>());
            compared++;
        }

        Assert.Equal(compared, golden.File.Count(array => array.Name.StartsWith($"{scopeName}/", StringComparison.Ordinal)));
        Assert.True(compared > 1);
    }

    [Theory, InlineData("classifier"), InlineData("resnet18")]
    public void A_network_without_its_pruned_channels_computes_what_pytorch_computes_with_them_at_zero(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        PruneResult result = Pruner.Masks(golden.Weights, new PruneOptions { Scope = PruneScope.Channel, Amount = Amount }, golden.Groups);
        IReadOnlyDictionary<string, Tensor> zeroed = Pruner.Apply(golden.Weights, result.Live);
        ShrunkNetwork shrunk = ChannelRemoval.Shrink(zeroed, result.Live, golden.Groups);
        Close(golden.Logits, golden.forward(zeroed), "channels at zero");
        Close(golden.Logits, golden.forward(shrunk.Weights), "channels gone");

        // Width 4: 1 of 4, 3 of 8, 6 of 16, 12 of 32 channels go.
        if (name == "classifier")
        {
            Assert.Equal(new Dictionary<string, int> { ["conv1"] = 1, ["conv2"] = 3 }, shrunk.Removed);
            Assert.Empty(shrunk.NotRemovable);
            Assert.Equal([10, 5 * 7 * 7], shrunk.Weights["linear.weight"].shape);
            Assert.Equal([5, 3, 4, 4], shrunk.Weights["conv2.weight"].shape);
            Assert.All(shrunk.Live.Values, live => Assert.Equal(live.NumberOfElements, live.sum().Item()));
        }
        else
        {
            Assert.Equal([1, 1, 3, 3, 6, 6, 12, 12], shrunk.Removed.Values);
            Assert.Equal(["conv1", "layer1.0.conv2", "layer1.1.conv2", "layer2.0.conv2", "layer2.0.shortcut.0"], shrunk.NotRemovable.Take(5));
            Assert.Equal(1 + 8 + 3, shrunk.NotRemovable.Count);
            Assert.Equal([20, 16, 3, 3], shrunk.Weights["layer4.0.conv1.weight"].shape);
            Assert.Equal([32, 20, 3, 3], shrunk.Weights["layer4.0.conv2.weight"].shape);
            Assert.Equal(12 * 20 * 9, shrunk.Live["layer4.0.conv2.weight"].logical_not().sum().Item());
        }

        Assert.Equal(golden.Weights.Keys, shrunk.Weights.Keys);
    }

    [Theory, InlineData("classifier"), InlineData("resnet18")]
    public void Half_of_the_channels_in_bfloat16_go_and_the_rest_keeps_its_bits(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        Dictionary<string, Tensor> weights = golden.Weights.ToDictionary(item => item.Key, item => item.Value.To(ScalarType.BFloat16));
        PruneResult result = Pruner.Masks(weights, new PruneOptions { Scope = PruneScope.Channel }, golden.Groups);
        ShrunkNetwork shrunk = ChannelRemoval.Shrink(Pruner.Apply(weights, result.Live), result.Live, golden.Groups);
        string producer = golden.Groups[0].Producer;
        bool[] live = result.Live[$"{producer}.weight"].ToArray<bool>();
        Assert.Equal(ScalarType.BFloat16, shrunk.Weights[$"{producer}.weight"].dtype);
        Assert.Equal(weights[$"{producer}.weight"].ToArray<ushort>().Where((_, i) => live[i]), shrunk.Weights[$"{producer}.weight"].ToArray<ushort>());
    }

    [Fact]
    public void A_layer_cannot_lose_all_of_its_channels()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("classifier");
        PruneResult result = Pruner.Masks(golden.Weights, new PruneOptions { Scope = PruneScope.Channel, Amount = 1 }, golden.Groups);
        UsageException error = Assert.Throws<UsageException>(() => ChannelRemoval.Shrink(golden.Weights, result.Live, golden.Groups));
        Assert.Contains("'conv1'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_channel_goes_only_when_nothing_of_it_is_live()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("classifier");
        PruneResult result = Pruner.Masks(golden.Weights, new PruneOptions { Scope = PruneScope.Channel, Amount = Amount }, golden.Groups);
        Dictionary<string, Tensor> live = new(result.Live);
        live.Remove("bn2.bias");
        ShrunkNetwork shrunk = ChannelRemoval.Shrink(Pruner.Apply(golden.Weights, live), live, golden.Groups);
        Assert.Equal(["conv1"], shrunk.Removed.Keys);
        Assert.Equal([8, 3, 4, 4], shrunk.Weights["conv2.weight"].shape);
    }

    [Fact]
    public void Weights_of_different_networks_in_one_file_are_refused()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("classifier");
        PruneResult result = Pruner.Masks(golden.Weights, new PruneOptions { Scope = PruneScope.Channel, Amount = Amount }, golden.Groups);
        Dictionary<string, Tensor> weights = new(golden.Weights) { ["linear.weight"] = zeros([10, 390]) };
        UsageException error = Assert.Throws<UsageException>(() => ChannelRemoval.Shrink(weights, result.Live, golden.Groups));
        Assert.Contains("'linear.weight' is [10, 390] Float32, which does not read 8 channels of 'conv2'", error.Message, StringComparison.Ordinal);
    }

    // 1e-5 of the largest logit: float32 sums in another order.
    private static void Close(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double tolerance = 1e-5 * expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"{what}: logit {i} is {actual[i]}, expected {expected[i]}, within {tolerance}");
    }

    private sealed class Golden : IDisposable
    {
        private readonly string _model;

        internal Golden(string model)
        {
            _model = model;
            File = ArrayFile.Open(GoldenFiles.PathOf("prune", $"{model}.npz"));
            Weights = File.Where(array => array.Name.StartsWith("init/", StringComparison.Ordinal)).ToDictionary(array => array.Name["init/".Length..], array => array.ToTensor());
            KnownModel? known = KnownModel.Recognize(Weights.ToDictionary(item => item.Key, item => item.Value.shape));
            Assert.Equal(model, known?.Name);
            Groups = known!.ChannelGroups;
        }

        internal ArrayFile File { get; }

        internal Dictionary<string, Tensor> Weights { get; }

        internal IReadOnlyList<ChannelGroup> Groups { get; }

        internal double[] Logits => File["channel.logits"].ToTensor().To(ScalarType.Float64).ToArray<double>();

        internal double[] forward(IReadOnlyDictionary<string, Tensor> weights)
        {
            Tensor images = File["x"].ToTensor();
            var shape = new ModelShape((int)images.size(1), (int)images.size(2), (int)images.size(3), Classes: 10, Width: 4);
            Classifier model = ModelCatalog.Create(_model, shape, new GivenShapes(weights.ToDictionary(item => item.Key, item => item.Value.shape)));
            ModuleState.Load(model, weights);
            model.train(false);
            using IDisposable off = no_grad();
            return model.forward(images).To(ScalarType.Float64).ToArray<double>();
        }

        public void Dispose() => File.Dispose();
    }
}
