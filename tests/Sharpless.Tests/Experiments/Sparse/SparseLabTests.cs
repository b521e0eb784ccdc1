using Sharpless.Experiments.Sparse;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Experiments.Sparse;

/// <summary>What each published fault does to a network, and what happens without it.</summary>
public sealed class SparseLabTests : IDisposable
{
    private readonly TinyImages _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Stepped_by_the_optimizer_of_the_dense_model_no_weight_moves_but_the_statistics_do()
    {
        using var scope = NewDisposeScope();
        SparseLab lab = _tiny.Lab(_tiny.Options);
        (SparseNetwork dense, SparseNetwork pruned) = (lab.Dense(0, 0).Network, Pruned(lab));
        Dictionary<string, float[]> denseBefore = State(dense), before = State(pruned);
        using (Optimizer stale = lab.OptimizerFor(dense, rho: 0)) lab.Train(pruned, stale, 0, 2, 2, "stale");
        Dictionary<string, float[]> after = State(pruned);
        Assert.All(pruned.Weights.Slots, slot => Assert.Equal(before[slot.Name], after[slot.Name]));
        Assert.All(dense.Weights.Slots, slot => Assert.Equal(denseBefore[slot.Name], State(dense)[slot.Name]));
        Assert.All(pruned.Model.Buffers(), item => Assert.NotEqual(before[item.Name], after[item.Name]));

        using Optimizer own = lab.OptimizerFor(pruned, rho: 0);
        lab.Train(pruned, own, 0, 2, 2, "own");
        Assert.All(pruned.Weights.Slots, slot => Assert.NotEqual(before[slot.Name], State(pruned)[slot.Name]));
    }

    [Theory]
    [InlineData(0, 0, 0, "layer")]
    [InlineData(0.05, 0, 0, "layer")]
    [InlineData(0, 0.9, 1e-3, "global")]
    [InlineData(0.05, 0.9, 1e-3, "2:4")]
    public void The_sparsity_after_fine_tuning_is_that_after_pruning_to_the_weight_and_without_a_mask_it_is_lost(double rho, double momentum, double decay, string pruneScope)
    {
        using var scope = NewDisposeScope();
        SparseExerciseOptions options = _tiny.Options with { Momentum = momentum, WeightDecay = decay, Scope = pruneScope };
        SparseLab lab = _tiny.Lab(options);
        foreach (bool keepsMask in new[] { true, false })
        {
            SparseNetwork network = lab.Dense(0, 0).Network;
            network.Prune(options.Pruning(options.Amount), keepsMask);
            (long zeros, long parameters) = network.Zeros();
            // conv1 [4, 1, 4, 4], conv2 [8, 4, 4, 4], linear [4, 8 * 2 * 2]
            Assert.Equal((64 + 512 + 128, (64 + 512 + 128) / 2), (parameters, zeros));
            using Optimizer optimizer = lab.OptimizerFor(network, rho);
            lab.Train(network, optimizer, 0, 2, 2, "fine-tune");
            if (keepsMask) Assert.Equal(zeros, network.Zeros().Zeros);
            else Assert.InRange(network.Zeros().Zeros, 0, zeros / 10);
        }
    }

    [Fact]
    public void Half_of_the_batch_norm_scales_are_pruned_on_request_alone()
    {
        using var scope = NewDisposeScope();
        SparseLab lab = _tiny.Lab(_tiny.Options);
        Assert.Equal(0, Scales(includeNorms: false));
        Assert.Equal(4, Scales(includeNorms: true));

        int Scales(bool includeNorms)
        {
            SparseNetwork network = lab.Dense(0, 0).Network;
            network.Prune(_tiny.Options.Pruning(0.5, includeNorms));
            return State(network)["bn2.weight"].Count(value => value == 0);
        }
    }

    [Fact]
    public void A_dense_network_is_a_function_of_its_seed_whether_it_is_trained_or_read()
    {
        using var scope = NewDisposeScope();
        SparseLab lab = _tiny.Lab(_tiny.Options);
        (SparseNetwork trained, Trained story) = lab.Dense(0, 0);
        (SparseNetwork read, Trained told) = lab.Dense(0, 0);
        Assert.Equal(State(trained), State(read));
        Assert.Equal(story.ValidationAccuracy, told.ValidationAccuracy);
        Assert.Equal((story.GradientEvaluations, story.Seconds), (told.GradientEvaluations, told.Seconds));
        Assert.Equal((2, 6L), (story.ValidationAccuracy.Count, story.GradientEvaluations));    // 48 examples in batches of 16
        Directory.Delete(Path.Combine(_tiny.Folder, "dense"), recursive: true);
        Assert.Equal(State(trained), State(_tiny.Lab(_tiny.Options).Dense(0, 0).Network));
        Assert.NotEqual(State(trained)["conv1.weight"], State(lab.Dense(1, 0).Network)["conv1.weight"]);
        Assert.NotEqual(State(trained)["conv1.weight"], State(lab.Dense(0, 0.1).Network)["conv1.weight"]);
    }

    [Fact]
    public void A_test_counts_right_answers_on_the_share_and_on_all()
    {
        using var scope = NewDisposeScope();
        SparseLab lab = _tiny.Lab(_tiny.Options);
        SparseNetwork network = lab.Dense(0, 0).Network;
        (double published, double all, _) = lab.Test(network, 0);

        // The obvious version: one image at a time.
        bool[] right = [.. Enumerable.Range(0, TinyImages.Test).Select(IsRight)];
        Assert.Equal(right.Average(value => value ? 1.0 : 0), all);
        int[] share = lab.SplitOf(0).Test.ToArray();
        Assert.Equal(16, share.Distinct().Count());
        Assert.Equal(share.Average(i => right[i] ? 1.0 : 0), published);

        bool IsRight(int example)
        {
            using var inner = NewDisposeScope();
            using IDisposable off = no_grad();
            network.Model.train(false);
            var batch = new Sharpless.Data.BatchBuilder(_tiny.Data.Test).Build([example], ScalarType.Float32, memory_format.contiguous_format);
            return network.Model.forward(batch.Images).argmax(1).ToArray<long>()[0] == _tiny.Data.Test.Labels[example];
        }
    }

    private SparseNetwork Pruned(SparseLab lab)
    {
        SparseNetwork network = lab.Dense(0, 0).Network;
        network.Prune(_tiny.Options.Pruning(0.5));
        return network;
    }

    private static Dictionary<string, float[]> State(SparseNetwork network) => network.State().ToDictionary(item => item.Name, item => item.Tensor.ToArray<float>());
}
