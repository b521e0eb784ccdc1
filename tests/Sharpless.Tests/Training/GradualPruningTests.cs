using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Training;

public sealed class GradualPruningTests : IDisposable
{
    private const double Amount = 0.7;
    private static readonly string[] Prunable = ["conv1.weight", "conv2.weight", "linear.weight"];

    private readonly TinyData _data = new();

    private TrainOptions Pruned => _data.Options with { PruneAmount = Amount, PruneEvery = 5 };

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Sparsity_follows_the_schedule_at_every_step_and_nothing_grows_back()
    {
        using var scope = NewDisposeScope();
        Classifier model = ModelCatalog.Create("classifier", new ModelShape(1, 8, 8, 3, 4));
        using var generator = Generator.Seeded(1);
        model.Initialize(generator);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions { WeightDecay = 1e-3 }) { LearningRate = 0.05 }, new SamOptions());
        Tensor images = Tensor.Empty([8, 1, 8, 8]), labels = Tensor.From([0L, 1, 2, 0, 1, 2, 0, 1]);
        images.normal_(0, 1, generator);
        GradualPruning pruning = GradualPruning.Of(Pruned, steps: 24)!;
        for (long step = 1; step <= 24; step++)
        {
            sam.Step(() => nn.functional.cross_entropy(model.forward(images), labels));
            pruning.After(step, model, weights);
            // 24 steps: the first 18 are for pruning, so it happens at 5, 10 and 15.
            long last = Math.Min(15, step / 5 * 5);
            double left = 1 - (last / 15.0), sparsity = Amount * (1 - (left * left * left));
            foreach (WeightSlot slot in weights.Slots)
            {
                long expected = Prunable.Contains(slot.Name) ? (long)Math.Floor((sparsity * slot.Count) + 1e-9) : 0;
                Assert.Equal((slot.Name, step, expected), (slot.Name, step, Zeros(weights.MasterOf(slot))));
            }
        }
    }

    [Fact]
    public void A_run_that_breaks_off_between_prunings_ends_with_the_bytes_of_an_unbroken_one()
    {
        Trainer.Run(Pruned, Place("whole"));
        for (int at = 7; at <= 17; at += 5)
        {
            var place = Place($"broken at {at}");
            Assert.Throws<IOException>(() => Trainer.Run(Pruned, place, progress => Break(progress, at)));
            Assert.False(File.Exists(Path.Combine(place.Folder, "weights.safetensors")));
            Trainer.Run(Pruned, place with { Resumes = true });
            foreach (string file in new[] { "weights.safetensors", "weights.mask.safetensors", "metrics.csv", "config.json" })
            {
                Assert.True(File.ReadAllBytes(Path.Combine(_data["whole"], file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(place.Folder, file))), $"{file} differs after a break at step {at}");
            }
        }

        using var scope = NewDisposeScope();
        StoredWeights weights = WeightFile.Load(Path.Combine(_data["whole"], "weights.safetensors"));
        Assert.Equal(Prunable, weights.Live.Keys.Order());
        Assert.All(Prunable, name => Assert.Equal((long)(Amount * weights.Tensors[name].NumberOfElements), Zeros(weights.Tensors[name])));
    }

    [Fact]
    public void The_folder_knows_that_its_run_prunes()
    {
        Trainer.Run(Pruned with { Epochs = 1, PruneEvery = 2 }, Place("run"));
        Assert.Contains("\"prune-amount\": 0.7", File.ReadAllText(Path.Combine(_data["run"], "config.json")), StringComparison.Ordinal);
        var error = Assert.Throws<UsageException>(() => Trainer.Run(_data.Options with { Epochs = 1 }, Place("run") with { Resumes = true }));
        Assert.Contains("--prune-amount is 0.7 there, not set here", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("prune", string.Join(' ', _data.Options.Resolved().Keys), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_work_is_refused_before_a_folder_appears()
    {
        Assert.Contains("nothing would be pruned", Refusal(Pruned with { PruneEvery = 19 }), StringComparison.Ordinal);   // of 24 steps 18 are for pruning
        Assert.Contains("--prune-every is not given", Refusal(Pruned with { PruneEvery = null }), StringComparison.Ordinal);
        Assert.Contains("it must be from 0 to 1", Refusal(Pruned with { PruneAmount = 1.5 }), StringComparison.Ordinal);
        Assert.Contains("scope 2:4", Refusal(Pruned with { PruneScopeName = "2:4" }), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_data["run"]));

        string Refusal(TrainOptions options) => Assert.Throws<UsageException>(() => Trainer.Run(options, Place("run"))).Message;
    }

    internal static void Break(TrainProgress progress, long step)
    {
        if (progress.Iteration == step) throw new IOException("broken off");
    }

    private static long Zeros(Tensor weight) => weight.NumberOfElements - (long)weight.ne(0).sum().Item();

    private TrainPlace Place(string folder) => new() { Folder = _data[folder], CheckpointPeriod = 4 };
}
