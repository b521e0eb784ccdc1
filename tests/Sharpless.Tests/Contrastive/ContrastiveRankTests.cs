using Sharpless.Analysis;
using Sharpless.Contrastive;
using Sharpless.Data.Captions;
using Sharpless.Tests.Data;
using Sharpless.Torch;
using Sharpless.Training;

namespace Sharpless.Tests.Contrastive;

/// <summary>Every layer of a run, against PyTorch's features and numpy's numbers of them (tests/golden/contrastive/run.py, <c>layers/</c>).</summary>
public sealed class ContrastiveRankTests : IDisposable
{
    private readonly GoldenRun _golden = new();

    public void Dispose() => _golden.Dispose();

    [Fact]
    public void Features_and_ranks_at_every_tap_are_those_of_the_reference()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("run.npz");
        using ContrastiveRankResult result = ContrastiveRank.Run(_golden.Run, _golden.Reader, new ContrastiveRankOptions { Layers = [], BatchSize = 3, Batches = 2 });
        Assert.Equal(6, result.Examples);
        string[] expected = [.. golden.Names.Where(name => name.StartsWith("layers/", StringComparison.Ordinal) && name.EndsWith("/rank", StringComparison.Ordinal)).Select(name => name["layers/".Length..^"/rank".Length])];
        Assert.Equal(expected.Order(StringComparer.Ordinal), result.Taps.Select(tap => tap.Tap).Order(StringComparer.Ordinal));
        foreach ((string tap, FeatureStore features) in result.Taps)
        {
            // Float32 through two or three blocks, against float64.
            Golden.Close(golden[$"layers/{tap}"], features.ReadRows(0, 6), 1e-4, tap);
            FeatureSpectrum spectrum = FeatureSpectrum.Of(features, Centering.Example);
            Assert.Equal(golden[$"layers/{tap}/rank"].ToArray<double>(), new[] { 0.99, 0.95, 0.9, 0.85 }.Select(share => (double)spectrum.FeatureRank(share)));
        }
    }

    [Fact]
    public void Activity_and_kernels_are_those_of_the_reference()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("run.npz");
        using ContrastiveRankResult result = ContrastiveRank.Run(_golden.Run, _golden.Reader, new ContrastiveRankOptions { Layers = [], BatchSize = 6 });
        Assert.Equal([1, 2], result.Activity.Select(activity => activity.Layer));
        foreach (ImageActivity activity in result.Activity)
        {
            double[] expected = golden[$"layers/layer{activity.Layer}/activity"].ToArray<double>();
            double[] actual = [activity.Threshold, activity.ActiveHidden, activity.ActiveOutput, activity.UnitsActiveOn[0.1], activity.UnitsActiveOn[0.01], activity.UnitsActiveOn[0], activity.CorrelatedUnits];
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance: 1e-5);
        }

        Assert.Equal(golden["layers/correlated_embeddings"].Item(), result.CorrelatedEmbeddings);
        Assert.Equal(4, result.Kernels.Count);
        Assert.All(result.Kernels, kernel => Assert.Equal(golden[$"layers/kernel/{kernel.Name}"].Item(), kernel.Spectrum.FeatureRank(0.99)));
    }

    [Fact]
    public void A_branch_and_its_input_add_up_to_its_output()
    {
        using var scope = NewDisposeScope();
        using ContrastiveRankResult result = ContrastiveRank.Run(_golden.Run, _golden.Reader, new ContrastiveRankOptions { BatchSize = 6 });
        Tensor At(string place) => result.Taps.Single(tap => tap.Tap == $"image.layer2.{place}").Features.ReadRows(0, 6);
        Golden.Close(At("res"), At("preatt") + At("att") + At("mlp"), 1e-6, "preatt + att + mlp");
        Assert.DoesNotContain(result.Taps, tap => tap.Tap.StartsWith("image.layer1.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_threshold_can_be_given()
    {
        using var scope = NewDisposeScope();
        using ContrastiveRankResult result = ContrastiveRank.Run(_golden.Run, _golden.Reader, new ContrastiveRankOptions { BatchSize = 6, ActiveThreshold = -1 });
        // GELU is never below -0.17.
        Assert.Equal((-1, 1), (result.Activity[0].Threshold, result.Activity[0].ActiveHidden));
    }

    [Theory, InlineData(3), InlineData(0)]
    public void A_block_that_is_not_there_is_refused(int layer) =>
        Assert.Contains("blocks 1 to 2", Assert.Throws<UsageException>(() => ContrastiveRank.Run(_golden.Run, _golden.Reader, new ContrastiveRankOptions { Layers = [layer], BatchSize = 6 })).Hint, StringComparison.Ordinal);

    [Fact]
    public void Fewer_pairs_than_a_batch_are_refused() =>
        Assert.Contains("has only 6", Assert.Throws<UsageException>(() => ContrastiveRank.Run(_golden.Run, _golden.Reader, new ContrastiveRankOptions())).Message, StringComparison.Ordinal);
}
