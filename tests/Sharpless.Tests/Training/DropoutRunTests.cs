using Sharpless.Training;

namespace Sharpless.Tests.Training;

/// <summary>Runs whose networks drop out at random are as repeatable as others.</summary>
public sealed class DropoutRunTests : IDisposable
{
    private readonly TinyData _data = new();

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData("resnet_tiny", 0.3, "softplus20")]
    [InlineData("vit_basic", 0, "relu")]
    public void A_run_that_breaks_off_ends_with_the_bytes_of_an_unbroken_one(string model, double rate, string activation)
    {
        TrainOptions options = _data.Options with { Model = model, ModelWidth = 4, DropRate = rate, Activation = activation, Epochs = 2 };
        Trainer.Run(options, Place("whole"));
        Assert.Throws<IOException>(() => Trainer.Run(options, Place("broken"), progress => GradualPruningTests.Break(progress, 7)));
        Trainer.Run(options, Place("broken") with { Resumes = true });
        foreach (string file in new[] { "weights.safetensors", "metrics.csv" })
        {
            Assert.True(File.ReadAllBytes(Path.Combine(_data["whole"], file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_data["broken"], file))), file);
        }
    }

    [Fact]
    public void Dropout_depends_on_the_seed_of_the_run()
    {
        // Weights and order are given, so only dropout is left to the seed.
        TrainOptions options = _data.Options with { Model = "resnet_tiny", ModelWidth = 4, DropRate = 0.3, Epochs = 1, BatchOrder = Sharpless.Data.BatchOrder.Sequential };
        Trainer.Run(options with { Epochs = 0 }, Place("first"));
        options = options with { InitialWeights = Path.Combine(_data["first"], "weights.safetensors") };
        Trainer.Run(options, Place("one"));
        Trainer.Run(options, Place("again"));
        Trainer.Run(options with { Seed = 1 }, Place("other"));
        Assert.True(Bytes("one").AsSpan().SequenceEqual(Bytes("again")));
        Assert.False(Bytes("one").AsSpan().SequenceEqual(Bytes("other")));
    }

    [Fact]
    public void What_the_network_does_not_take_is_refused_before_a_folder_appears()
    {
        Assert.Contains("--activation is 'gelu'", Refusal(_data.Options with { Model = "resnet18", Activation = "gelu" }), StringComparison.Ordinal);
        Assert.Contains("--droprate has no effect on classifier", Refusal(_data.Options with { DropRate = 0.1 }), StringComparison.Ordinal);
        Assert.Contains("--model-width is 3", Refusal(_data.Options with { Model = "resnet18_gn", ModelWidth = 3 }), StringComparison.Ordinal);
        Assert.Contains("have no effect on linear", Refusal(_data.Options with { Model = "linear", RandAugments = true }), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_data["run"]));

        string Refusal(TrainOptions options) => Assert.Throws<UsageException>(() => Trainer.Run(options, Place("run"))).Message;
    }

    private byte[] Bytes(string run) => File.ReadAllBytes(Path.Combine(_data[run], "weights.safetensors"));

    private TrainPlace Place(string folder) => new() { Folder = _data[folder], CheckpointPeriod = 4 };
}
